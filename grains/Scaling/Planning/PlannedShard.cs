namespace Orleans.Kpl.Scaling.Planning;

/// <summary>A shard as it will be.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Share">Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</param>
/// <param name="ShardId">Its id where it is open already; null where the plan makes it.</param>
internal sealed record PlannedShard(UInt128 Start, UInt128 End, double Share, string? ShardId);
