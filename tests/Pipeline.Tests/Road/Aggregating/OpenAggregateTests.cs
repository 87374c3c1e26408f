using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Aggregation.Tests;
using Orleans.Kpl.Pipeline.Road.Aggregating;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>What waits in a stage makes no difference to what leaves.</summary>
public sealed class OpenAggregateTests
{
    private static readonly OutcomeSink Sink = new AcceptedOutcome(new AcceptanceTerms(new FlushGeneration(), 0, long.MaxValue, false, default));

    private static readonly Arbitrary<AggregationLimits> Limits = Arb.From(
        from count in Gen.Elements(1L, 2, 3, 7, 100, uint.MaxValue)
        from size in Gen.Elements(0, 50, 300, 5_000, 51_200, 200_000)
        select new AggregationLimits(count, size));

    [Fact]
    public void Closed_IsWhatTheBuilderAloneMakes_WhateverTheRecordsAndLimits() =>
        Prop.ForAll(Generators.Records, Limits, (records, limits) =>
        {
            Assert.Equal(OfBuilder(records, limits), OfOpenAggregate(records, limits));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Closed_WhenSmallRecordsAreMoreThanAStageHolds_IsWhatTheBuilderAloneMakes()
    {
        var limits = new AggregationLimits(uint.MaxValue, 900_000);
        var records = Enumerable.Range(0, 20_000)
            .Select(i => new TestRecord($"key-{i % 9_000}", i % 7 == 0 ? (UInt128)i : null, new string('d', i % 90))).ToArray();

        Assert.Equal(OfBuilder(records, limits), OfOpenAggregate(records, limits));
    }

    [Fact]
    public void Size_WhileRecordsWait_IsExact()
    {
        var limits = new AggregationLimits(uint.MaxValue, 51_200);
        var open = new OpenAggregate(limits, ContainerKey.A);
        var builder = new AggregateBuilder(limits);
        for (var i = 0; i < 100; i++)
        {
            var record = new TestRecord($"key-{i % 30}", null, $"data-{i}");
            Assert.True(TryAdd(open, record));
            Assert.True(record.TryAddTo(builder));
            Assert.Equal(builder.Size + 1 + (i == 0 ? record.KeyBytes.Length - 1 : 0), open.Size);
        }
    }

    /// <summary>
    /// Two producer numbers had pushed fields that each record reads beyond two cache lines: at 5,000 shards an eighth of routing waited for them.
    /// </summary>
    [Fact]
    public void Fields_LieInTwoCacheLines()
    {
        // The second word of a method table is the size of its instances, with 8 bytes of header and 8 of the method table's own address.
        var fields = Marshal.ReadInt32(typeof(OpenAggregate).TypeHandle.Value, sizeof(int)) - (2 * IntPtr.Size);

        Assert.InRange(fields, 64, 128);
    }

    private static List<string> OfBuilder(TestRecord[] records, AggregationLimits limits)
    {
        var builder = new AggregateBuilder(limits);
        var closed = new List<string>();
        foreach (var record in records)
        {
            if (!record.TryAddTo(builder))
            {
                closed.Add(Seal(builder.Close()));
                Assert.True(record.TryAddTo(builder));
            }

            if (builder.IsFull)
                closed.Add(Seal(builder.Close()));
        }

        if (!builder.IsEmpty)
            closed.Add(Seal(builder.Close()));
        return closed;
    }

    private static List<string> OfOpenAggregate(TestRecord[] records, AggregationLimits limits)
    {
        using var parts = new StreamParts();
        var engine = parts.Engine;
        var open = new OpenAggregate(limits, ContainerKey.A);
        var closed = new List<string>();
        foreach (var record in records)
        {
            if (!TryAdd(open, record))
            {
                closed.Add(Seal(open.Close(engine).Encoded));
                Assert.True(TryAdd(open, record));
            }

            if (open.IsFull)
                closed.Add(Seal(open.Close(engine).Encoded));
        }

        if (!open.IsEmpty)
            closed.Add(Seal(open.Close(engine).Encoded));
        return closed;
    }

    private static bool TryAdd(OpenAggregate open, TestRecord record)
    {
        var incoming = new IncomingRecord
        {
            PartitionKey = record.KeyBytes,
            HashKey = record.RoutingHash,
            HasExplicitHashKey = record.ExplicitHashKey is not null,
            Data = record.Data,
            Member = new MemberRef(Sink, 0),
        };
        return open.TryAdd(incoming, deadline: 0);
    }

    private static string Seal(EncodedRecord encoded)
    {
        AggregateSealer.Seal([encoded]);
        var text = $"{Convert.ToHexString(encoded.PartitionKey.Span)} {encoded.HashKey} {encoded.LowestHash} {encoded.HighestHash} {Convert.ToHexString(encoded.Payload.Span)}";
        encoded.Release();
        return text;
    }
}
