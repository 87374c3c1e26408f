using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>The observed state of a stream for a scaling decision.</summary>
internal sealed record ScalingObservation
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Gets every open shard; they cover the hash keys once.</summary>
    public required IReadOnlyList<ShardDemand> Shards { get; init; }

    /// <summary>
    /// Gets the function that returns the load report of one shard, or null where there is none. It is only called for the few shards that are to be
    /// split.
    /// </summary>
    public required Func<ShardRange, ShardLoadReport?> LoadOf { get; init; }

    /// <summary>Gets whether the load of every shard that has one is known; not where an owner did not answer.</summary>
    public bool IsWhole { get; init; } = true;

    public bool IsOnDemand { get; init; }

    /// <summary>Gets whether the stream is ACTIVE and no reshard of it is running.</summary>
    public bool IsIdle { get; init; } = true;

    /// <summary>
    /// Gets the kind of the running change, out or in, that this policy decided and that uses splits and merges; null where anything else runs.
    /// </summary>
    public ScalingDecisionKind? Running { get; init; }

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;
}

/// <summary>A shard and its last complete minutes, newest last; fewer while it is young.</summary>
internal sealed record ShardDemand(ShardRange Range, IReadOnlyList<MinuteCount> Minutes)
{
    /// <summary>Returns the mean utilisation of the last minutes.</summary>
    public double Mean(int minutes) => Minutes.TakeLast(minutes).Select(static m => m.Utilisation).DefaultIfEmpty().Average();

    /// <summary>Returns whether the throttles of each of the last minutes were above the given number.</summary>
    public bool IsThrottled(int minutes, double above) => All(minutes, m => m.Throttled > above);

    /// <summary>Returns whether the demand of each of the last minutes was above the given utilisation.</summary>
    public bool IsOverloaded(int minutes, double above) => All(minutes, m => m.Utilisation > above);

    private bool All(int minutes, Func<MinuteCount, bool> condition) => Minutes.Count >= minutes && Minutes.TakeLast(minutes).All(condition);
}
