namespace Orleans.Kpl.Pipeline.Scaling.Policy;

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

    /// <summary>The merges that are running are to end with their current step: a shard became overloaded.</summary>
    Stop,
}
