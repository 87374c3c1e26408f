namespace Orleans.Kpl;

/// <summary>A shard as it will be.</summary>
/// <param name="StartingHashKey">Its first hash key.</param>
/// <param name="EndingHashKey">Its last hash key.</param>
/// <param name="Share">Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</param>
/// <param name="ShardId">Its id where it is open already; null where the plan makes it.</param>
public sealed record PlannedRange(UInt128 StartingHashKey, UInt128 EndingHashKey, double Share, string? ShardId);
