namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>One stream, as gauges read it when somebody collects.</summary>
internal interface IMeasuredStream
{
    /// <summary>The stream's name.</summary>
    string Stream { get; }

    /// <summary>The counts of its records.</summary>
    StreamLedger Ledger { get; }

    /// <summary>The memory that its records hold, in bytes.</summary>
    long OutstandingBytes { get; }

    /// <summary>How long its oldest record without an outcome has been waiting.</summary>
    TimeSpan OldestRecordAge { get; }

    /// <summary>Its durable backlog; null where it has none.</summary>
    BacklogStatus? BacklogStatus => null;

    /// <summary>The shards that this process serves; empty where it serves none, or does not know them.</summary>
    IEnumerable<ShardMeasures> ServedMeasures => [];
}

/// <summary>One shard that this process serves.</summary>
/// <param name="ForeignShare">The share of its rate that is left to other writers; null where that is not watched.</param>
/// <param name="Utilisation">What was offered to it in its last whole minute, as a share of what it takes; null where there is no whole minute.</param>
internal readonly record struct ShardMeasures(string ShardId, double? ForeignShare, double? Utilisation);
