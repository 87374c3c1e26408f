namespace Orleans.Kpl.Aws.Operations;

/// <summary>A shard as ListShards tells it, open or closed.</summary>
/// <param name="ShardId">The shard's id.</param>
/// <param name="ParentShardId">The shard it was split off or merged from; null for an original one, or where the parent is forgotten.</param>
/// <param name="AdjacentParentShardId">The other parent of a merge.</param>
/// <param name="StartingHashKey">The first hash key of its range.</param>
/// <param name="EndingHashKey">The last hash key of its range.</param>
/// <param name="StartingSequenceNumber">The first sequence number it can hold.</param>
/// <param name="EndingSequenceNumber">The last one of a closed shard; null while it is open.</param>
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
