using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Batches over few and many shards: most of their records join what is open without coming to an engine, and end as any other.</summary>
public sealed class BatchProperties
{
    private sealed record Load(int Seed, int Shards, int Batches, int MaxBatch, int Size, bool Aggregate, int Reshards, bool Announced);

    private static readonly Arbitrary<Load> Loads = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from shards in Gen.Elements(1, 4, 64, 150, 1_000)
        from batches in Gen.Choose(1, 12)
        from most in Gen.Elements(1, 20, 500, 1_500)
        from size in Gen.Elements(0, 20, 511, 513, 3_000)
        from aggregate in Gen.Elements(true, true, true, false)
        from reshards in Gen.Choose(0, 2)
        from announced in Gen.Elements(true, false)
        select new Load(seed, shards, batches, most, size, aggregate, reshards, announced));

    [Fact]
    public Task EveryRecordOfABatch_IsDeliveredWhereItBelongs() => CheckAsync(30);

    [Fact]
    [Trait("Category", "Long")]
    public Task EveryRecordOfABatch_IsDeliveredWhereItBelongs_ManyMore() => CheckAsync(500);

    private static Task CheckAsync(int loads) => OwnThread.CheckAsync(Loads, RunAsync, loads);

    private static async Task RunAsync(Load load)
    {
        await using var harness = new PipelineHarness(load.Shards, o => o.AggregationEnabled = load.Aggregate, load.Seed);
        var random = new Random(load.Seed);
        var puts = new List<Task<RecordResult[]>>();
        var records = 0;
        for (var b = 0; b < load.Batches; b++)
        {
            var batch = Enumerable.Range(0, random.Next(1, load.MaxBatch + 1)).Select(_ => Record(records++, load.Size, random)).ToArray();
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, batch, Options(random)).AsTask());
            harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 60)));
            if (random.Next(load.Batches) >= load.Reshards)
                continue;
            var next = FakeKinesis.Even(random.Next(1, 200), firstId: 10_000 * (b + 1));
            if (load.Announced)
                await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [.. next.Select(r => r.StartingHashKey)]));
            harness.Kinesis.Reshard(next);
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r).ToList();

        Assert.Equal(records, results.Count);
        Visible.Check(harness, results);
        Assert.Equal(records, harness.Kinesis.Records.Select(r => r.Key).Distinct().Count());
        Assert.Equal(0, harness.Producer.OutstandingRecords);
        Assert.Equal(0, harness.Producer.OutstandingBytes);
        if (load.Announced || load.Reshards == 0)
            Assert.Equal(0, Visible.Duplicates(harness));
    }

    private static UserRecord Record(int number, int size, Random random) =>
        new($"key-{number}", new byte[random.Next(size + 1)], random.Next(10) == 0 ? new UInt128((ulong)random.NextInt64() << 1, 0) : null);

    private static PutOptions? Options(Random random) => random.Next(4) switch
    {
        0 => PutOptions.WithoutLinger,
        1 => new PutOptions { TimeToLive = TimeSpan.FromSeconds(random.Next(20, 40)) },
        _ => null,
    };
}
