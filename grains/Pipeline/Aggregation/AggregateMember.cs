using System.Text;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>One user record of an aggregate. Its parts are slices of the payload that it was read from.</summary>
/// <param name="PartitionKey">The partition key as UTF-8.</param>
/// <param name="ExplicitHashKey">The hash key that the caller gave, or null.</param>
/// <param name="Data">The data.</param>
/// <param name="Number">The producer number, on ordered streams.</param>
internal readonly record struct AggregateMember(
    ReadOnlyMemory<byte> PartitionKey, UInt128? ExplicitHashKey, ReadOnlyMemory<byte> Data, ProducerNumber? Number = null)
{
    /// <summary>The hash key that the record is routed by: the explicit one, or the MD5 of the partition key (computed on each call).</summary>
    public UInt128 HashKey => ExplicitHashKey ?? Hashing.HashKey.OfPartitionKey(PartitionKey.Span);

    /// <summary>Copies the member to a user record with memory of its own.</summary>
    public UserRecord ToUserRecord() => new(Encoding.UTF8.GetString(PartitionKey.Span), Data.ToArray(), ExplicitHashKey);
}
