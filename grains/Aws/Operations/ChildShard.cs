namespace Orleans.Kpl.Aws.Operations;

/// <summary>A shard that takes over from the closed one whose end was read.</summary>
internal sealed record ChildShard(string ShardId, IReadOnlyList<string> ParentShards, UInt128 StartingHashKey, UInt128 EndingHashKey);
