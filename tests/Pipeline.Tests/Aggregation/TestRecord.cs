using System.Text;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Hashing;

namespace Orleans.Kpl.Pipeline.Tests.Aggregation;

/// <summary>A user record, as tests write it.</summary>
internal sealed record TestRecord(string PartitionKey, UInt128? ExplicitHashKey, byte[] Data)
{
    public TestRecord(string partitionKey, UInt128? explicitHashKey, string data)
        : this(partitionKey, explicitHashKey, Encoding.UTF8.GetBytes(data))
    {
    }

    public byte[] KeyBytes => Encoding.UTF8.GetBytes(PartitionKey);

    public UInt128 RoutingHash => ExplicitHashKey ?? HashKey.OfPartitionKey(KeyBytes);

    public bool TryAddTo(AggregateBuilder builder) => builder.TryAdd(KeyBytes, RoutingHash, ExplicitHashKey is not null, Data);

    public bool Equals(TestRecord? other) =>
        other is not null
        && PartitionKey == other.PartitionKey
        && ExplicitHashKey == other.ExplicitHashKey
        && Data.AsSpan().SequenceEqual(other.Data);

    public override int GetHashCode() => PartitionKey.GetHashCode(StringComparison.Ordinal);

    public static TestRecord Of(AggregateMember member) =>
        new(Encoding.UTF8.GetString(member.PartitionKey.Span), member.ExplicitHashKey, member.Data.ToArray());
}
