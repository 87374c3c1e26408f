using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation.Tests;

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

/// <summary>A closed and sealed record in the terms that tests compare.</summary>
internal sealed class ClosedAggregate : IDisposable
{
    private readonly EncodedRecord _record;

    public ClosedAggregate(EncodedRecord record)
    {
        _record = record;
        AggregateSealer.Seal([record]);
    }

    public byte[] Payload => _record.Payload.ToArray();

    public string Hex => Convert.ToHexStringLower(_record.Payload.Span);

    public string PartitionKey => Encoding.UTF8.GetString(_record.PartitionKey.Span);

    public string HashKey => _record.HashKey.ToString(CultureInfo.InvariantCulture);

    public static ClosedAggregate Of(AggregateBuilder builder, params TestRecord[] records)
    {
        foreach (var record in records)
            Assert.True(record.TryAddTo(builder));
        return new ClosedAggregate(builder.Close());
    }

    public void Dispose() => _record.Release();
}

/// <summary>Random user records: few and many keys, one to four bytes a character, data from nothing to more than an aggregate.</summary>
internal static class Generators
{
    private static readonly Gen<string> Keys = Gen.OneOf(
        Gen.Choose(0, 5).Select(i => $"key-{i}"),
        Gen.Choose(0, 100_000).Select(i => $"{i}"),
        Gen.Elements("a", "é", "€", "😀", "ключ", new string('k', 256), new string('€', 256)),
        Gen.ListOf(Gen.Choose(33, 126)).Select(text => string.Concat(text.Select(c => (char)c).Take(100)) + "k"));

    private static readonly Gen<UInt128?> HashKeys = Gen.OneOf(
        Gen.Constant<UInt128?>(null),
        Gen.Constant<UInt128?>(null),
        Gen.Elements<UInt128?>(0, 1, 123, UInt128.MaxValue, UInt128.MaxValue - 1, (UInt128)1 << 64),
        Gen.Choose(int.MinValue, int.MaxValue).Select(i => (UInt128?)new UInt128((ulong)i * 0x9e3779b97f4a7c15, (ulong)i)));

    private static readonly Gen<byte[]> Data = Gen.OneOf(
        Gen.Choose(0, 3),
        Gen.Choose(0, 200),
        Gen.Elements(0, 126, 127, 128, 16_383, 16_384, 60_000)).Select(Bytes);

    private static readonly Gen<TestRecord> Record =
        from key in Keys
        from hashKey in HashKeys
        from data in Data
        select new TestRecord(key, hashKey, data);

    public static Arbitrary<TestRecord[]> Records => Arb.From(Gen.ListOf(Record).Select(records => records.ToArray()), Shrink);

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static IEnumerable<TestRecord[]> Shrink(TestRecord[] records)
    {
        for (var i = 0; i < records.Length; i++)
            yield return [.. records[..i], .. records[(i + 1)..]];
    }
}
