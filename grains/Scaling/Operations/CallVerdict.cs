namespace Orleans.Kpl.Scaling.Operations;

/// <summary>What the answer to SplitShard, MergeShards or UpdateShardCount means.</summary>
internal enum CallVerdict
{
    /// <summary>Accepted: the stream is UPDATING.</summary>
    Accepted,

    /// <summary>Another change is running: wait for ACTIVE, without counting a failure.</summary>
    Busy,

    /// <summary>Limits, or something that may pass: later again.</summary>
    Later,

    /// <summary>The shards are not as they were thought to be: look again before anything else.</summary>
    Look,

    /// <summary>It will not be allowed until somebody acts.</summary>
    Refused,
}
