namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>One Kinesis record as PutRecords carries it. The hash key is always sent, as KPL does.</summary>
/// <param name="Data">The payload: an aggregate, or a user record's own bytes.</param>
/// <param name="PartitionKey">The partition key as UTF-8.</param>
/// <param name="ExplicitHashKey">The hash key, sent in decimal.</param>
internal readonly record struct PutRecordsEntry(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> PartitionKey, UInt128 ExplicitHashKey);
