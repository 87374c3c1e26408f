using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;
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
            var (health, isWhole) = (producer.Health, ToldDetail.IsOfProcess(context));
            long? outstanding = isWhole ? producer.OutstandingRecords : null;
            var condition = ConditionRules.Judge(health, time.GetUtcNow(), outstanding);
            return WriteAsync(context, json => WriteHealth(json, health, outstanding, condition), condition.Severity != ConditionSeverity.Bad);
        });
        endpoints.MapMethods("/health/live", Methods, context => WriteAsync(context, static _ => { }));
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
            var isDegraded = producer.Health.IsDegraded;
            return WriteAsync(context, json =>
            {
                if (isDegraded)
                    json.WriteBoolean("degraded"u8, true);
            });
        });
        return endpoints;
    }

    /// <param name="outstanding">The records that have not ended; null where the caller may not know.</param>
    private static void WriteHealth(Utf8JsonWriter json, KplHealth health, long? outstanding, TierCondition condition)
    {
        if (outstanding is { } records)
            json.WriteNumber("outstanding_records"u8, records);
        json.WriteBoolean("degraded"u8, health.IsDegraded);
        if (health.DegradedSince is { } since)
            json.WriteString("degraded_since"u8, since);
        else
            json.WriteNull("degraded_since"u8);
        json.WriteString("degraded_code"u8, health.DegradedCode);
        if (outstanding is not null && health.OldestRecordAge is { } age)
            json.WriteNumber("oldest_record_age_seconds"u8, Math.Round(age.TotalSeconds, 3));
        else if (outstanding is not null)
            json.WriteNull("oldest_record_age_seconds"u8);
        WriteFailures(json, health.Failures, outstanding is not null);
        PulseText.WriteCondition(json, condition);
    }

    private static void WriteFailures(Utf8JsonWriter json, LatestFailures? failures, bool isWhole)
    {
        if (failures is null)
        {
            json.WriteNull("failures"u8);
            return;
        }

        json.WriteStartObject("failures"u8);
        json.WriteString("code"u8, failures.Code);
        if (isWhole)
        {
            json.WriteStartArray("streams"u8);
            foreach (var stream in failures.Streams)
                json.WriteStringValue(stream);
            json.WriteEndArray();
            json.WriteNumber("count"u8, failures.Count);
        }

        json.WriteString("first_at"u8, failures.FirstAt);
        json.WriteString("last_at"u8, failures.LastAt);
        json.WriteString("until"u8, failures.Until);
        json.WriteEndObject();
    }

    /// <summary>Answers 200, with what an endpoint adds to <c>ok</c>.</summary>
    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> members, bool isOk = true)
    {
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, isOk);
            members(json);
            json.WriteEndObject();
        }
        context.Response.Headers.CacheControl = "no-store";
        return answer.SendAsync(context.Response, StatusCodes.Status200OK, ContentType.Json);
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
