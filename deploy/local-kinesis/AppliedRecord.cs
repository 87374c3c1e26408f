namespace Orleans.Kpl.LocalKinesis;

/// <summary>One record as the endpoint applied it: what consumers see, and what it knows beyond that.</summary>
/// <param name="ShardId">The shard that took it.</param>
/// <param name="SequenceNumber">56 digits, strictly increasing in a shard and from a shard to its children.</param>
/// <param name="PartitionKey">As the producer gave it.</param>
/// <param name="HashKey">The explicit hash key, or the MD5 of the partition key.</param>
/// <param name="Data">A copy of its data.</param>
/// <param name="ArrivedAt">When it was applied.</param>
/// <param name="Marks">What else there is to say.</param>
public sealed record AppliedRecord(
    string ShardId, string SequenceNumber, string PartitionKey, UInt128 HashKey, byte[] Data, DateTimeOffset ArrivedAt, RecordMarks Marks);
