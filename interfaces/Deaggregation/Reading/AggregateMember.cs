namespace Orleans.Kpl.Deaggregation;

/// <summary>One user record of an aggregate. Its parts are slices of the payload that it was read from.</summary>
/// <param name="PartitionKey">The partition key as UTF-8.</param>
/// <param name="ExplicitHashKey">The hash key that the caller gave, or null.</param>
/// <param name="Number">The producer number, on ordered streams.</param>
internal readonly record struct AggregateMember(
    ReadOnlyMemory<byte> PartitionKey, UInt128? ExplicitHashKey, ReadOnlyMemory<byte> Data, ProducerNumber? Number = null);
