using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>The capacity of a stream, as it is set in Kinesis: its capacity mode, its warm throughput, its largest
/// record, and the account's commitment.</summary>
public sealed record StreamCapacity
{
    /// <summary>The stream under the name in the request; in a tier, under the one name that it has there.</summary>
    public required string Stream { get; init; }

    /// <summary>CREATING, ACTIVE, UPDATING or DELETING.</summary>
    public required string Status { get; init; }

    /// <summary>Whether the capacity mode is on-demand, and not provisioned.</summary>
    public bool OnDemand { get; init; }

    /// <summary>
    /// The warm throughput, in MiB/s of writes, that the stream has or is scaled to (AWS: <c>TargetMiBps</c>); null where Kinesis reports none, as for
    /// provisioned streams.
    /// </summary>
    [JsonPropertyName("warm_mib_per_second")]
    public int? WarmMiBPerSecond { get; init; }

    /// <summary>When the warm throughput is set back; null if it stays.</summary>
    public DateTimeOffset? WarmUntil { get; init; }

    /// <summary>The warm throughput that it is set back to, in MiB/s; null if it stays.</summary>
    [JsonPropertyName("warm_afterwards_mib_per_second")]
    public int? WarmAfterwardsMiBPerSecond { get; init; }

    /// <summary>The largest record, key and data, in KiB (AWS: <c>MaxRecordSizeInKiB</c>).</summary>
    [JsonPropertyName("max_record_kib")]
    public int MaxRecordKiB { get; init; }

    /// <summary>
    /// The account's minimum throughput billing commitment, without which no stream has warm throughput: ENABLED, DISABLED or
    /// ENABLED_UNTIL_EARLIEST_ALLOWED_END; null where it cannot be read.
    /// </summary>
    public string? BillingCommitment { get; init; }
}

/// <summary>A change of a stream's capacity: exactly one of mode, warm throughput and largest record.</summary>
public sealed record CapacityChange
{
    /// <summary>
    /// The warm throughput, in MiB/s of writes; 0 to 10,240, AWS' default limit. The stream must be on-demand, and the account have the minimum
    /// throughput billing commitment (AWS: API reference, "UpdateStreamWarmThroughput").
    /// </summary>
    [JsonPropertyName("warm_mib_per_second")]
    public int? WarmMiBPerSecond { get; init; }

    /// <summary>
    /// After how long the warm throughput is set back to its former value; 1 minute to 30 days. Zero, the default, leaves it. A cluster with a DynamoDB
    /// table does so even if silos are lost; any other process forgets it when it ends.
    /// </summary>
    [JsonPropertyName("for_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan For { get; init; }

    /// <summary>The largest record, key and data, in KiB; 1,024 to 10,240 (AWS: API reference, "UpdateMaxRecordSize").</summary>
    [JsonPropertyName("max_record_kib")]
    public int? MaxRecordKiB { get; init; }

    /// <summary>The capacity mode: true for on-demand, false for provisioned. AWS allows a stream two switches in 24 hours ("Updating a stream").</summary>
    public bool? OnDemand { get; init; }

    /// <summary>Whether the change is only checked and described. Default false.</summary>
    public bool DryRun { get; init; }
}

/// <summary>A change of a stream's capacity that Kinesis has accepted, or that a dry run has checked.</summary>
public sealed record CapacityPlan
{
    /// <summary>The capacity before the change.</summary>
    public required StreamCapacity Before { get; init; }

    /// <summary>The capacity after it; the stream may be UPDATING for some minutes until then.</summary>
    public required StreamCapacity After { get; init; }

    /// <summary>The consequences of the change for the stream, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether Kinesis was called: false for a dry run, and if the stream is already as requested.</summary>
    public bool IsMade { get; init; }
}
