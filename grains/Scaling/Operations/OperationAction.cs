namespace Orleans.Kpl.Scaling.Operations;

/// <summary>The next action of an operation. The operation is saved first, then the runner performs the action.</summary>
internal abstract record OperationAction
{
    private OperationAction()
    {
    }

    /// <summary>Announces the starts of new shards to all senders, waits for their answers, and reports to <see cref="OperationRules.Announced"/>.</summary>
    public sealed record Announce(IReadOnlyList<UInt128> Boundaries) : OperationAction;

    /// <summary>Calls SplitShard and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record SplitShard(string ShardId, UInt128 NewStartingHashKey) : OperationAction;

    /// <summary>Calls MergeShards and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record MergeShards(string ShardId, string AdjacentShardId) : OperationAction;

    /// <summary>Calls UpdateShardCount and reports the answer to <see cref="OperationRules.Answered"/>.</summary>
    public sealed record UpdateShardCount(int TargetCount) : OperationAction;

    /// <summary>Reads the stream again at that time and calls <see cref="OperationRules.Next"/>.</summary>
    public sealed record Look(DateTimeOffset At) : OperationAction;

    /// <summary>Ends the operation; announced boundaries that were not made are withdrawn.</summary>
    public sealed record End(IReadOnlyList<UInt128> Withdrawn) : OperationAction;
}

/// <summary>The operation to save, and the action to perform afterwards.</summary>
internal readonly record struct OperationDecision(ReshardOperation Operation, OperationAction Action);
