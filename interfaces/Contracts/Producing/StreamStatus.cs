namespace Orleans.Kpl;

/// <summary>The state of one stream in one silo. The state of the tier is the sum over its silos.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.StreamStatus")]
public sealed record StreamStatus
{
    /// <summary>The stream under its one name in the tier: the name for streams of the tier's own region and account, else the ARN.</summary>
    [Id(0)] public required string Stream { get; init; }

    /// <summary>The ledger of the records that this silo has accepted from callers since it started.</summary>
    [Id(1)] public StreamLedger Ledger { get; init; }

    /// <summary>The stream's records in this silo's memory, including forwarded records for shards that this silo owns.</summary>
    [Id(2)] public long OutstandingRecords { get; init; }

    /// <summary>The memory charged for those records, in bytes: data + keys + 160 each.</summary>
    [Id(3)] public long OutstandingBytes { get; init; }

    /// <summary>The age of the oldest record that has not ended; zero when there is none.</summary>
    [Id(4)] public TimeSpan OldestRecordAge { get; init; }

    /// <summary>The silo, as Orleans writes its address: <c>IP:PORT@GENERATION</c>.</summary>
    [Id(6)] public required string Silo { get; init; }

    /// <summary>When the silo's process began to count.</summary>
    [Id(7)] public DateTimeOffset StartedAt { get; init; }

    /// <summary>Whether the silo is shutting down and accepts no more records.</summary>
    [Id(8)] public bool IsDraining { get; init; }
}
