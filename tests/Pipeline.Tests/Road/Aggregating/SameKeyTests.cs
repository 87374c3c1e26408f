using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>Tests <see cref="KeyedAggregates"/> where it serves: in an engine.</summary>
public sealed class SameKeyTests(ITestOutputHelper output)
{
    [Fact]
    public void Append_RecordsOfSeveralKeys_LeaveInAggregatesOfOneKeyUnderThatKey()
    {
        var harness = New();
        var engine = harness.NewEngine();
        for (var number = 0; number < 9; number++)
            Assert.True(harness.Put(engine, number, (UInt128)(number % 3), key: $"key-{number % 3}"));
        harness.Pass(101);
        Assert.Equal([[0, 3, 6], [1, 4, 7], [2, 5, 8]], harness.SentNumbers);
        Assert.Equal(["key-0", "key-1", "key-2"], harness.Sent.Select(static r => Encoding.UTF8.GetString(r.Encoded.PartitionKey.Span)));
    }

    [Fact]
    public void Append_MoreKeysThanMayBeOpen_TheOldestLeaves()
    {
        var harness = New();
        var engine = harness.NewEngine();
        for (var number = 0; number < KeyedAggregates.Most; number++)
        {
            harness.Put(engine, number, key: $"key-{number}");
            harness.Pass(1);
        }

        Assert.Empty(harness.Sent);
        harness.Put(engine, 1_000, key: "one more");
        Assert.Equal([[0]], harness.SentNumbers);
        harness.Put(engine, 1_001, key: "key-1");
        harness.Put(engine, 1_002, key: "key-0");
        Assert.Equal([[0], [1, 1_001]], harness.SentNumbers);
    }

    [Fact]
    public void Append_WhereTheShardIsCut_KeepsTheParts()
    {
        var harness = New();
        var engine = harness.NewEngine();
        Assert.Empty(engine.Cut(new Boundaries([EngineHarness.Upper.StartingHashKey])));
        harness.Put(engine, 1, 0, key: "key");
        harness.Put(engine, 2, UInt128.MaxValue, key: "key");
        harness.Put(engine, 3, 5, key: "key");
        harness.Pass(101);
        Assert.Equal([[1, 3], [2]], harness.SentNumbers);
    }

    [Fact]
    public void TakeAll_WithSeveralKeysOpen_GivesEachOnce()
    {
        var harness = New();
        var engine = harness.NewEngine();
        for (var number = 0; number < 4; number++)
            harness.Put(engine, number, key: $"key-{number % 2}");
        Assert.Equal([[0, 2], [1, 3]], engine.TakeAll().Select(EngineHarness.Numbers));
        Assert.Equal(0, engine.Inspect().OpenBytes);
        harness.Put(engine, 9, key: "key-1");
        harness.Pass(101);
        Assert.Equal([[9]], harness.SentNumbers);
    }

    /// <summary>1,000 keys by Zipf's law, 2,000 records a second of 100 bytes to one shard.</summary>
    [Fact]
    public void Append_ThousandZipfKeys_EveryAggregateHasOneKey()
    {
        var ofOneKey = MembersPerRecord(ContainerKey.SameKeyOnly);
        var mixed = MembersPerRecord(ContainerKey.A);
        output.WriteLine($"members per Kinesis record: SameKeyOnly {ofOneKey:0.00}, A {mixed:0.00}");
        Assert.True(ofOneKey > 1.3 && mixed > 10 * ofOneKey, $"{ofOneKey} {mixed}");
    }

    private static double MembersPerRecord(ContainerKey containerKey)
    {
        var harness = New(containerKey);
        var engine = harness.NewEngine();
        var random = new Random(11);
        double[] sums = new double[1_000];
        for (var rank = 0; rank < sums.Length; rank++)
            sums[rank] = (rank > 0 ? sums[rank - 1] : 0) + (1.0 / (rank + 1));
        const int records = 10_000;
        for (var number = 0; number < records; number++)
        {
            var place = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            var key = place < 0 ? ~place : place;
            Assert.True(harness.Put(engine, (number * 1_000) + key, (UInt128)key, size: 100, key: $"key-{key}"));
            if (number % 2 == 1)
                harness.Pass(1);
        }

        harness.Pass(20_000);
        Assert.Equal(records, harness.SentNumbers.Sum(static r => r.Length));
        if (containerKey == ContainerKey.SameKeyOnly)
        {
            Assert.All(harness.SentNumbers, static r => Assert.Single(r.Select(static n => n % 1_000).Distinct()));
            Assert.All(harness.Sent, static r => Assert.Equal($"key-{EngineHarness.Numbers(r)[0] % 1_000}", Encoding.UTF8.GetString(r.Encoded.PartitionKey.Span)));
        }

        return (double)records / harness.Sent.Count;
    }

    private static EngineHarness New(ContainerKey containerKey = ContainerKey.SameKeyOnly) => new(o =>
    {
        o.ContainerKey = containerKey;
        o.RecordTtl = TimeSpan.FromMinutes(5);
    });
}
