namespace Orleans.Kpl.Aws.Operations;

/// <summary>An open or closed shard as ListShards describes it.</summary>
/// <param name="ParentShardId">The shard it was split or merged from; null for an original shard, or if Kinesis no longer knows the parent.</param>
/// <param name="AdjacentParentShardId">The other parent of a merge.</param>
/// <param name="StartingHashKey">The first hash key of its range.</param>
/// <param name="EndingHashKey">The last hash key of its range.</param>
/// <param name="StartingSequenceNumber">The first sequence number it can hold.</param>
/// <param name="EndingSequenceNumber">The last sequence number of a closed shard; null while the shard is open.</param>
internal sealed record ShardDescription(
    string ShardId,
    string? ParentShardId,
    string? AdjacentParentShardId,
    UInt128 StartingHashKey,
    UInt128 EndingHashKey,
    string? StartingSequenceNumber,
    string? EndingSequenceNumber)
{
    public bool IsOpen => EndingSequenceNumber is null;
}
