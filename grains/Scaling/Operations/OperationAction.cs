namespace Orleans.Kpl.Scaling.Operations;

/// <summary>What whoever runs an operation does next. The operation is kept first, then this is done.</summary>
internal abstract record OperationAction
{
    private OperationAction()
    {
    }

    /// <summary>Tells all that send where new shards will start, waits for their answer, and tells <see cref="OperationRules.Announced"/>.</summary>
    public sealed record Announce(IReadOnlyList<UInt128> Boundaries) : OperationAction;

    /// <summary>Calls SplitShard and tells <see cref="OperationRules.Answered"/>.</summary>
    public sealed record SplitShard(string ShardId, UInt128 NewStartingHashKey) : OperationAction;

    /// <summary>Calls MergeShards and tells <see cref="OperationRules.Answered"/>.</summary>
    public sealed record MergeShards(string ShardId, string AdjacentShardId) : OperationAction;

    /// <summary>Calls UpdateShardCount and tells <see cref="OperationRules.Answered"/>.</summary>
    public sealed record UpdateShardCount(int TargetCount) : OperationAction;

    /// <summary>Reads the stream again at that time and asks <see cref="OperationRules.Next"/>.</summary>
    public sealed record Look(DateTimeOffset At) : OperationAction;

    /// <summary>The operation has ended; boundaries that were announced and did not come are withdrawn.</summary>
    public sealed record End(IReadOnlyList<UInt128> Withdrawn) : OperationAction;
}

/// <summary>The operation as it is to be kept, and what is then to be done.</summary>
internal readonly record struct OperationDecision(ReshardOperation Operation, OperationAction Action);
