namespace Orleans.Kpl.Conditions;

/// <summary>The facts about a tier, one of its processes, or a stream there. A fact that is not known is null or empty,
/// and no sentence speaks of it.</summary>
internal sealed record TierFacts
{
    /// <summary>The time of all this.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The stream that it is about; null for all of a process.</summary>
    public string? Stream { get; init; }

    /// <summary>The code for which the stream could not be read.</summary>
    public string? TroubleCode { get; init; }

    /// <summary>The streams of the settings that Kinesis does not know; null where none is, empty where nobody may know which.</summary>
    public IReadOnlyList<string>? MissingStreams { get; init; }

    /// <summary>Since when calls to Kinesis fail.</summary>
    public DateTimeOffset? AwaySince { get; init; }

    /// <summary>The code with which they fail.</summary>
    public string? AwayCode { get; init; }

    /// <summary>The silos whose calls fail, where those of others do not; empty where all fail.</summary>
    public IReadOnlyList<string> AwayFor { get; init; } = [];

    /// <summary>The silos that reach Kinesis only through others; empty where this is about one process.</summary>
    public IReadOnlyList<string> RelayedFor { get; init; } = [];

    /// <summary>Since when the first of them does.</summary>
    public DateTimeOffset? RelayedSince { get; init; }

    /// <summary>Records that have not ended, those of the backlog included.</summary>
    public long? Waiting { get; init; }

    /// <summary>The age of the oldest of them, those of the backlog included.</summary>
    public TimeSpan? OldestAge { get; init; }

    /// <summary>The age of the oldest one that is in memory.</summary>
    public TimeSpan? OldestInMemory { get; init; }

    /// <summary>Silos that do not answer.</summary>
    public IReadOnlyList<string> Silent { get; init; } = [];

    /// <summary>The silo that was lost last.</summary>
    public string? Lost { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? LostAt { get; init; }

    /// <summary>The backlog; null where there is none.</summary>
    public BacklogStatus? Backlog { get; init; }

    /// <summary>Since when the silo cannot use the cluster's state, and why; null while it can.</summary>
    public (DateTimeOffset Since, string Why)? StateTrouble { get; init; }

    /// <summary>How many segments of the backlog could not be read; null where none is, 0 where nobody may know how many.</summary>
    public long? DamagedSegments { get; init; }

    /// <summary>How many records are set aside as dead letters; null where none is, 0 where nobody may know how many.</summary>
    public long? SetAside { get; init; }

    /// <summary>The streams of those, where this is about all of a process.</summary>
    public IReadOnlyList<string> SetAsideStreams { get; init; } = [];

    /// <summary>The counts; null where they are not known.</summary>
    public StreamLedger? Ledger { get; init; }

    /// <summary>The records that failed lately; a count of 0 where nobody may know.</summary>
    public LatestFailures? Failures { get; init; }

    /// <summary>The open shards.</summary>
    public int Shards { get; init; }

    /// <summary>The shards that take all they can, and are offered more.</summary>
    public IReadOnlyList<string> FullShards { get; init; } = [];

    /// <summary>Since when the first of them does; null where a single look has to tell.</summary>
    public DateTimeOffset? FullSince { get; init; }

    /// <summary>The one shard that is full or, where none is, has nearly all throttles; null where it is not one.</summary>
    public string? OneShard { get; init; }

    /// <summary>The least share of <see cref="OneShard"/> that its heaviest key carries; null while too few records were seen to tell.</summary>
    public double? HotKeyShare { get; init; }

    /// <summary>The name of that key for people: the partition key's text where it is kept, else its hash key; null where neither is known.</summary>
    public string? HotKey { get; init; }

    /// <summary>Whether Kinesis splits and merges by itself.</summary>
    public bool OnDemand { get; init; }

    /// <summary>The share of attempts that Kinesis throttled in the last minute.</summary>
    public double ThrottledShare { get; init; }

    /// <summary>The share of these throttles that the tier cannot have caused itself, by what it had sent: they show another writer.</summary>
    public double OthersShare { get; init; }

    /// <summary>The change of shards that is under way.</summary>
    public StreamOperation? Operation { get; init; }

    /// <summary>The state of the stream, as Kinesis calls it.</summary>
    public string? Status { get; init; }
}
