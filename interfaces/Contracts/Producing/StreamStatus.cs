namespace Orleans.Kpl;

/// <summary>What one silo has of one stream. The tier's whole is the sum over its silos.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.StreamStatus")]
public sealed record StreamStatus
{
    /// <summary>The stream under its one name in the tier: the name for streams of the tier's own region and account, else the ARN.</summary>
    [Id(0)]
    public required string Stream { get; init; }

    /// <summary>What became of the records that this silo accepted from callers, since it started.</summary>
    [Id(1)]
    public StreamLedger Ledger { get; init; }

    /// <summary>Records that this silo holds in memory for the stream, those of other silos included that it owns the shards of.</summary>
    [Id(2)]
    public long OutstandingRecords { get; init; }

    /// <summary>What those are charged, in bytes: data + keys + 160 each.</summary>
    [Id(3)]
    public long OutstandingBytes { get; init; }

    /// <summary>Age of the oldest record that has not ended; zero when there is none.</summary>
    [Id(4)]
    public TimeSpan OldestRecordAge { get; init; }

    /// <summary>The version of these contracts that the silo speaks. It grows when methods are added.</summary>
    [Id(5)]
    public int ContractVersion { get; init; }

    /// <summary>The silo, as Orleans writes its address: <c>IP:PORT@GENERATION</c>.</summary>
    [Id(6)]
    public required string Silo { get; init; }

    /// <summary>When the silo's process began to count.</summary>
    [Id(7)]
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Whether the silo is on its way out and takes no records any more.</summary>
    [Id(8)]
    public bool IsDraining { get; init; }
}
