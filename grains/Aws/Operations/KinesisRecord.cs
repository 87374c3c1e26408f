namespace Orleans.Kpl.Aws.Operations;

/// <summary>A record as GetRecords returns it: a user record's own bytes, or an aggregate.</summary>
/// <param name="SequenceNumber">Its number in its shard.</param>
/// <param name="PartitionKey">The partition key it was put with.</param>
/// <param name="Data">The payload.</param>
/// <param name="ApproximateArrivalTimestamp">When Kinesis took it, to the millisecond.</param>
internal sealed record KinesisRecord(string SequenceNumber, string PartitionKey, byte[] Data, DateTimeOffset ApproximateArrivalTimestamp);
