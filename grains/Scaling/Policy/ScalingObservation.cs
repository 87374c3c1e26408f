using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What is seen of a stream when it is decided whether to scale it.</summary>
internal sealed record ScalingObservation
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Every open shard; they cover the hash keys once.</summary>
    public required IReadOnlyList<ShardDemand> Shards { get; init; }

    /// <summary>Asks for all that was observed of one shard; only called for the few that are to be split. Null where nothing was.</summary>
    public required Func<ShardRange, ShardLoadReport?> LoadOf { get; init; }

    public bool IsOnDemand { get; init; }

    /// <summary>Whether the stream is ACTIVE and no reshard of it is running.</summary>
    public bool IsIdle { get; init; } = true;

    /// <summary>What is running by splits and merges that this policy decided: out or in; null where it is anything else.</summary>
    public ScalingDecisionKind? Running { get; init; }

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;
}
