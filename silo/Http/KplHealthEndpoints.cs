using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http;

/// <summary>HTTP endpoints for load balancers and people.</summary>
public static class KplHealthEndpoints
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps <c>GET /health</c> (the outstanding records, how well Kinesis works and what failed lately, 200 even when saturated), <c>/health/live</c> (the
    /// process serves) and <c>/health/ready</c> (503 while draining, or while an <see cref="IReadinessCheck"/> finds an obstacle). No probe fails because
    /// Kinesis is away: records wait or go to the backlog, and taking the process out would help nobody. Needs
    /// <see cref="KplHttpServices.AddKplHttp(IServiceCollection, Action{KplHttpOptions})"/>.
    /// </summary>
    public static IEndpointRouteBuilder MapKplHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var producer = endpoints.ServiceProvider.GetRequiredService<IKplProducer>();
        var gate = endpoints.ServiceProvider.GetRequiredService<IngestGate>();
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<KplHttpOptions>>();
        var time = endpoints.ServiceProvider.GetRequiredService<TimeProvider>();
        endpoints.MapMethods("/health", Methods, context =>
        {
            var (health, isWhole) = (Judge(producer.Health, options.Value), ToldDetail.IsOfProcess(context));
            long? outstanding = isWhole ? producer.OutstandingRecords : null;
            var condition = ConditionRules.Judge(health, time.GetUtcNow(), outstanding);
            return WriteAsync(context, Tell(health, outstanding, condition));
        });
        endpoints.MapMethods("/health/live", Methods, static context => WriteAsync(context, new JsonObject { ["ok"] = true }));
        var checks = endpoints.ServiceProvider.GetServices<IReadinessCheck>().ToArray();
        endpoints.MapMethods("/health/ready", Methods, context =>
        {
            if (gate.IsDraining)
                return ErrorAnswer.WriteDrainingAsync(context, options.Value.RetryAfter);
            if (gate.IsLeaving)
                return ErrorAnswer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.Draining, "this process is about to shut down");
            foreach (var check in checks)
            {
                if (check.FindObstacle() is { } obstacle)
                    return ErrorAnswer.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, HttpErrorCodes.NotReady, obstacle);
            }
            var told = new JsonObject { ["ok"] = true };
            if (producer.Health.IsDegraded)
                told["degraded"] = true;
            return WriteAsync(context, told);
        });
        return endpoints;
    }

    /// <summary>
    /// Tells failures of a stream that is missing as the tier's own where the settings of HTTP name it, which the producer does not know. One that is missing
    /// and that no setting names need not be there.
    /// </summary>
    private static KplHealth Judge(KplHealth health, KplHttpOptions options)
    {
        if (health.MissingStreams.Count > 0)
            health = health with { MissingStreams = health.MissingStreams.Intersect(options.NamedStreams).ToArray() };
        return health.Failures is { AreOfStrangers: true } failures && failures.Streams.Intersect(options.NamedStreams).Any()
            ? health with { Failures = failures with { AreOfStrangers = false } } : health;
    }

    /// <param name="outstanding">The records that have not ended; null where the caller may not know.</param>
    private static JsonObject Tell(KplHealth health, long? outstanding, TierCondition condition)
    {
        var told = new JsonObject { ["ok"] = condition.Severity != ConditionSeverity.Bad };
        if (outstanding is { } records)
            (told["outstanding_records"], told["backlog_records"]) = (records, health.Backlog?.Records ?? 0);
        told["degraded"] = health.IsDegraded;
        told["degraded_since"] = health.DegradedSince;
        told["degraded_code"] = health.DegradedCode;
        if (outstanding is not null)
            told["oldest_record_age_seconds"] = health.OldestRecordAge is { } age ? Math.Round(age.TotalSeconds, 3) : null;
        if (outstanding is not null)
            told["set_aside_records"] = health.SetAside;
        if (outstanding is not null && health.SetAsideStreams.Count > 0)
            told["set_aside_streams"] = health.SetAsideStreams.ToJson();
        if (outstanding is not null && health.DamagedStreams.Count > 0)
            told["damaged_streams"] = health.DamagedStreams.ToJson();
        if (outstanding is not null && health.MissingStreams.Count > 0)
            told["missing_streams"] = health.MissingStreams.ToJson();
        told["failures"] = health.Failures is { } failures ? Tell(failures, outstanding is not null) : null;
        told["condition"] = PulseText.Condition(condition);
        return told;
    }

    private static JsonObject Tell(LatestFailures failures, bool isWhole)
    {
        var told = new JsonObject { ["code"] = failures.Code };
        if (isWhole)
            (told["streams"], told["count"]) = (failures.Streams.ToJson(), failures.Count);
        (told["first_at"], told["last_at"], told["until"]) = (failures.FirstAt, failures.LastAt, failures.Until);
        return told;
    }

    private static Task WriteAsync(HttpContext context, JsonObject told)
    {
        context.Response.Headers.CacheControl = "no-store";
        return AdminBody.WriteAsync(context, told);
    }
}

/// <summary>A condition for sending records to this process. <c>GET /health/ready</c> asks every registered check.</summary>
public interface IReadinessCheck
{
    /// <summary>
    /// Returns why the process is not ready, in human-readable form; null when it is. Called at each request, so it must only read
    /// memory.
    /// </summary>
    string? FindObstacle();
}
