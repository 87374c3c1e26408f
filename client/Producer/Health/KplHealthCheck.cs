using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Producer.Health;

/// <summary>Tells .NET's health checks how the producer does, in the words of <c>GET /health</c>. It calls nothing itself.</summary>
internal sealed class KplHealthCheck(IKplProducer producer, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (health, outstanding) = (producer.Health, producer.OutstandingRecords);
        var data = new Dictionary<string, object> { ["outstanding_records"] = outstanding };
        if (health.Backlog is { Records: > 0 and var kept })
            data["backlog_records"] = kept;
        if (health.OldestRecordAge is { } age)
            data["oldest_record_age_seconds"] = age.TotalSeconds;
        if (health is { DegradedSince: { } since, DegradedCode: { } code })
            (data["degraded_since"], data["degraded_code"], data["degraded_streams"]) = (since, code, health.DegradedStreams);
        if (health.Failures is { } failures)
            (data["failed_records"], data["failed_code"], data["failed_last_at"]) = (failures.Count, failures.Code, failures.LastAt);
        if (health.SetAside > 0)
            data["set_aside_records"] = health.SetAside;
        var condition = ConditionRules.Judge(health, time.GetUtcNow(), outstanding);
        var status = condition.Severity == ConditionSeverity.Bad ? context.Registration.FailureStatus : HealthStatus.Healthy;
        return Task.FromResult(new HealthCheckResult(status, condition.Sentence, exception: null, data));
    }
}
