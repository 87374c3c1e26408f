namespace Orleans.Kpl;

/// <summary>What <see cref="Aggregates.ReadAll"/> needs of a Kinesis record.</summary>
/// <param name="Data">The data. They must not change while the user records are used, which are parts of them.</param>
public readonly record struct KinesisRecordData(ReadOnlyMemory<byte> Data, string PartitionKey);
