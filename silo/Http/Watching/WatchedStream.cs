using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>One shard of a look.</summary>
/// <param name="Status">What Kinesis and the manager tell.</param>
/// <param name="Owner">Who sends for it; null where that is nobody, or the only process.</param>
/// <param name="Seen">What that process counted; null where nobody sends for it.</param>
/// <param name="Rate">What it did in the last second.</param>
internal sealed record WatchedShard(ShardStatus Status, string? Owner, ShardObservation? Seen, ShardRate Rate);

/// <summary>All that is known of one stream in one second.</summary>
internal sealed record WatchedStream
{
    /// <summary>As it was asked for: a name or an ARN.</summary>
    public required string Stream { get; init; }

    /// <summary>As Kinesis names it, where that is known.</summary>
    public string Name => Overview?.Stream ?? Stream;

    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<ProcessReport> Reports { get; init; }

    /// <summary>The stream in each process that has it open.</summary>
    public IReadOnlyList<StreamReport> Parts { get; init; } = [];

    /// <summary>The shards as they were listed last; null where they never were.</summary>
    public StreamOverview? Overview { get; init; }

    /// <summary>Why something could not be read; null where nothing is missing.</summary>
    public (string Code, string Message)? Trouble { get; init; }

    /// <summary>The counts of all processes, and those that are not among them.</summary>
    public StreamBooks Books { get; init; } = new();

    public BacklogStatus? Backlog { get; init; }

    /// <summary>The latest changes of the shards, latest first.</summary>
    public IReadOnlyList<StreamOperation> Operations { get; init; } = [];

    public required FailureGroups Failures { get; init; }

    public IReadOnlyList<WatchedShard> Shards { get; init; } = [];

    public IReadOnlyList<(string ShardId, DateTimeOffset Since)> Full { get; init; } = [];

    public double OldestSeconds => Parts.Select(static s => s.OldestSeconds).DefaultIfEmpty().Max();
}
