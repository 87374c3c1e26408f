namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What the policy decided.</summary>
internal enum ScalingDecisionKind
{
    /// <summary>Nothing is to be done.</summary>
    Stay,

    /// <summary>Something should be done and may not: a limit, a cool-down, one key that is the load.</summary>
    Held,

    /// <summary>More shards.</summary>
    Out,

    /// <summary>Fewer shards.</summary>
    In,

    /// <summary>What is running is to end with its current step: a shard became overloaded while others are merged, or none is any more.</summary>
    Stop,
}
