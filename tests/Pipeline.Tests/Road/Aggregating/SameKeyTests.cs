using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>Tests <see cref="KeyedAggregates"/> where it serves: in an engine.</summary>
public sealed class SameKeyTests
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

    private static EngineHarness New() => new(static o =>
    {
        o.ContainerKey = ContainerKey.SameKeyOnly;
        o.RecordTtl = TimeSpan.FromMinutes(5);
    });
}
