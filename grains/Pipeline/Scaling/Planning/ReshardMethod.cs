namespace Orleans.Kpl.Pipeline.Scaling.Planning;

/// <summary>How a number of shards is reached.</summary>
internal enum ReshardMethod
{
    /// <summary>By our own splits and merges, whose ranges are known before: nothing is sent twice, order is kept.</summary>
    Plan,

    /// <summary>By AWS' UpdateShardCount.</summary>
    UpdateShardCount,
}
