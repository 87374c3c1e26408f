using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Producer.Health;

/// <summary>Tells .NET's health checks how well the way to Kinesis works, from what the producer sees of its own calls. It calls nothing itself.</summary>
internal sealed class KplHealthCheck(IKplProducer producer, TimeProvider time) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var health = producer.Health;
        var data = new Dictionary<string, object> { ["outstanding_records"] = producer.OutstandingRecords };
        if (health.OldestRecordAge is { } age)
            data["oldest_record_age_seconds"] = age.TotalSeconds;
        if (health is not { DegradedSince: { } since, DegradedCode: { } code })
            return Task.FromResult(HealthCheckResult.Healthy("Kinesis takes records, as far as this producer has tried", data));

        (data["degraded_since"], data["degraded_code"], data["degraded_streams"]) = (since, code, health.DegradedStreams);
        return Task.FromResult(new HealthCheckResult(
            context.Registration.FailureStatus, ConditionRules.Judge(health, time.GetUtcNow(), producer.OutstandingRecords).Sentence, exception: null, data));
    }
}
