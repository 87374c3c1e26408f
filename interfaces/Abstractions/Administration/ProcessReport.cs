namespace Orleans.Kpl.Administration;

/// <summary>The report of one process of a tier about itself, now.</summary>
internal sealed record ProcessReport
{
    /// <summary>The silo, as users see it; <c>embedded</c> for an embedded producer.</summary>
    public required string Process { get; init; }

    /// <summary><c>active</c>, <c>silent</c> where it did not answer in time, or <c>lost</c>.</summary>
    public string State { get; init; } = Active;

    /// <summary>When the process began to count; null where it did not answer.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the process was lost; null where it was not.</summary>
    public DateTimeOffset? LostAt { get; init; }

    /// <summary>The version of the library.</summary>
    public string? Version { get; init; }

    /// <summary>Bytes of memory that accepted records hold.</summary>
    public long OutstandingBytes { get; init; }

    /// <summary>The streams that are open there.</summary>
    public IReadOnlyList<StreamReport> Streams { get; init; } = [];

    /// <summary>The shards that the process sends for, of the stream that was asked for.</summary>
    public IReadOnlyList<ShardObservation> Shards { get; init; } = [];

    /// <summary>The last minutes of the stream that was asked for; null where nothing is kept.</summary>
    public StreamHistory? History { get; init; }

    /// <summary>The state of a process that answers.</summary>
    public const string Active = "active";

    /// <summary>The state of a process that did not answer in time.</summary>
    public const string Mute = "silent";

    /// <summary>The state of a process that ended without a word.</summary>
    public const string Gone = "lost";

    /// <summary>The report of a process that did not answer.</summary>
    public static ProcessReport Silent(string process) => new() { Process = process, State = Mute };

    /// <summary>The report of a process that was lost.</summary>
    public static ProcessReport Lost(string process, DateTimeOffset at) => new() { Process = process, State = Gone, LostAt = at };
}

/// <summary>One stream of one process.</summary>
internal sealed record StreamReport
{
    public required string Stream { get; init; }

    /// <summary>How many shards the process sends for.</summary>
    public int Shards { get; init; }

    /// <summary>The ledger of the records that the process accepted.</summary>
    public StreamLedger Ledger { get; init; }

    /// <summary>Seconds that the oldest record without an outcome has been waiting.</summary>
    public double OldestSeconds { get; init; }

    /// <summary>Records accepted a second, over the last seconds; 0 where nothing is kept.</summary>
    public double AcceptedPerSecond { get; init; }

    /// <summary>Calls of PutRecords and PutRecord since the stream was opened in the process.</summary>
    public long Calls { get; init; }

    /// <summary>Kinesis records in them: the attempts.</summary>
    public long KinesisRecords { get; init; }

    /// <summary>Since when its calls fail; null while they do not.</summary>
    public DateTimeOffset? DegradedSince { get; init; }

    /// <summary>The code with which they fail.</summary>
    public string? DegradedCode { get; init; }

    /// <summary>Since when its calls go through other silos, because the process does not reach Kinesis; null while they go straight.</summary>
    public DateTimeOffset? RelayedSince { get; init; }

    /// <summary>The records of the process that ended without success lately, for each code.</summary>
    public IReadOnlyList<LatestFailures> Failures { get; init; } = [];
}

/// <summary>One shard, as the process that sends for it sees it now.</summary>
internal sealed record ShardObservation
{
    /// <summary>Kinesis' id of the shard.</summary>
    public required string ShardId { get; init; }

    /// <summary>The lowest hash key of the shard.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>The highest hash key of the shard.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary>How full the token bucket is, by the scarcer of records and bytes; below 0 while a large record is paid off.</summary>
    public double Bucket { get; init; }

    /// <summary>For how many more seconds the shard pays for a large record, and starts no other; 0 where it owes nothing.</summary>
    public double PaysOffSeconds { get; init; }

    /// <summary>The share of the rate that is left to other writers; null where that is not watched.</summary>
    public double? ForeignShare { get; init; }

    /// <summary>
    /// The share of the throttles of the last minutes, 0 to 1, that the process cannot have caused itself, by what it had sent: those show another writer.
    /// </summary>
    public double OthersShare { get; init; }

    /// <summary>The least share of the shard's bytes that its heaviest key carries; 0 where none is heavy, null while too few were seen to tell.</summary>
    public double? HeaviestKey { get; init; }

    /// <summary>The counts of the current minute: user records, offered records and bytes, delivered records and bytes, throttles.</summary>
    public IReadOnlyList<long> Minute { get; init; } = [];

    /// <summary>The counts of the minute before it; empty where there was none.</summary>
    public IReadOnlyList<long> LastMinute { get; init; } = [];
}

/// <summary>All processes of a tier at a glance. Asks no service: only the processes themselves, in their memory.</summary>
internal interface ITierView
{
    /// <summary>The name of the cluster; null for a process by itself.</summary>
    string? Cluster => null;

    /// <summary>Keeps the last minutes of this process' streams from now on, for those who look later.</summary>
    void KeepHistory()
    {
    }

    /// <summary>Asks every process.</summary>
    /// <param name="stream">The stream whose shards are told too; null for none.</param>
    Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken);
}
