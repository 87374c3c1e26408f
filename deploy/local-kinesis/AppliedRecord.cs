namespace Orleans.Kpl.LocalKinesis;

/// <summary>One record as the endpoint applied it: what consumers see, and what it knows beyond that.</summary>
/// <param name="ShardId">The shard that took it.</param>
/// <param name="SequenceNumber">56 digits, strictly increasing in a shard and from a shard to its children.</param>
/// <param name="PartitionKey">As the producer gave it.</param>
/// <param name="HashKey">The explicit hash key, or the MD5 of the partition key.</param>
/// <param name="Data">A copy of its data.</param>
/// <param name="ArrivedAt">When it was applied.</param>
/// <param name="Marks">What is special about it.</param>
public sealed record AppliedRecord(
    string ShardId, string SequenceNumber, string PartitionKey, UInt128 HashKey, byte[] Data, DateTimeOffset ArrivedAt, RecordMarks Marks);

/// <summary>
/// The marks of an applied record beyond its content. Records with a mark from <see cref="AnswerLost"/> on are
/// ambiguous to their producer.
/// </summary>
[Flags]
public enum RecordMarks : byte
{
    /// <summary>Applied and answered in the ordinary way.</summary>
    None = 0,

    /// <summary>The producer gave an explicit hash key; the record's hash is that key.</summary>
    ExplicitHashKey = 1,

    /// <summary>Applied, but a fault kept the answer from being sent, or sent whole.</summary>
    AnswerLost = 2,

    /// <summary>Applied after the client had given up.</summary>
    AppliedLate = 4,

    /// <summary>Applied, though the answer says that it failed.</summary>
    ToldFailed = 8,

    /// <summary>Applied, and the answer was held back: a client may have given up before it came.</summary>
    AnswerDelayed = 16,
}
