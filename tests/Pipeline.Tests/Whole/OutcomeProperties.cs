using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Whatever the load, the faults and the reshards: one end for each record, books that add up, nothing claimed that consumers do not see.</summary>
public sealed class OutcomeProperties
{
    private sealed record Load(int Seed, int Shards, int Records, int Size, double ErrorRate, double CallErrorRate, int Reshards, bool Aggregate, int TtlMs,
        ShardChange Change);

    private static readonly Arbitrary<Load> Loads = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from shards in Gen.Choose(1, 9)
        from records in Gen.Choose(1, 700)
        from size in Gen.Choose(0, 3_000)
        from errors in Gen.Choose(0, 60)
        from callErrors in Gen.Choose(0, 40)
        from reshards in Gen.Choose(0, 3)
        from aggregate in Gen.Elements(true, true, false)
        from ttl in Gen.Elements(400, 3_000, 30_000)
        from change in Gen.Elements(Enum.GetValues<ShardChange>())
        select new Load(seed, shards, records, size, errors / 100.0, callErrors / 100.0, reshards, aggregate, ttl, change));

    /// <summary>A shard came and went within a second, so the map explained it after the time-to-live of some members of the aggregate that it took.</summary>
    [Fact]
    public Task MapLaterThanTheTimeToLive_MembersWithTimeLeftAreSentAgain() =>
        RunAsync(new(1742660299, 7, 554, 1099, 0.39, 0.04, 3, true, 400, ShardChange.Announced));

    [Fact]
    public Task EveryAcceptedRecord_HasExactlyOneEndAndTheBooksAddUp() => CheckAsync(60);

    [Fact]
    [Trait("Category", "Long")]
    public Task EveryAcceptedRecord_HasExactlyOneEndAndTheBooksAddUp_ManyMore() => CheckAsync(1_500);

    private static Task CheckAsync(int loads) => OwnThread.CheckAsync(Loads, RunAsync, loads);

    private static async Task RunAsync(Load load)
    {
        await using var harness = new PipelineHarness(load.Shards, o =>
        {
            o.AggregationEnabled = load.Aggregate;
            o.RecordTtl = TimeSpan.FromMilliseconds(load.TtlMs);
            o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(50);
            o.MaxOutstandingBytes = 1 << 20;
        }, load.Seed);
        var random = new Random(load.Seed);
        var ambiguous = Misbehave(harness, load, random);
        var deliveries = new List<(UserRecord Record, Task<RecordResult> Delivery)>();
        var createdAgain = false;
        for (var i = 0; i < load.Records; i++)
        {
            var record = PipelineHarness.Record(i, load.Size);
            var enqueue = harness.Producer.EnqueueAsync(PipelineHarness.Stream, record, random.Next(10) == 0 ? PutOptions.WithoutLinger : null).AsTask();
            deliveries.Add((record, (await harness.DriveAsync(enqueue)).Delivery));
            if (load.Reshards > 0 && random.Next(load.Records) < load.Reshards)
            {
                if (load.Change == ShardChange.CreatedAgain)
                    deliveries.Add(await LetItVanishAsync(harness, new UserRecord($"probe-{i}", new byte[1])));
                // Deleting and creating take so long that no verdict about the stream before the last one is open any more.
                if (load.Change == ShardChange.CreatedAgainUnseen && createdAgain)
                    await harness.DriveAsync(harness.Producer.FlushAsync(), 20);
                createdAgain = load.Change is ShardChange.CreatedAgain or ShardChange.CreatedAgainUnseen;
                if (createdAgain)
                    harness.Kinesis.CreateAgain(random.Next(1, 9));
                else
                    await Resharding.ApplyAsync(harness, load.Change, random, FakeKinesis.Even(random.Next(1, 9), firstId: 1_000 * (i + 1)));
            }

            if (random.Next(20) == 0)
                harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 40)));
        }

        await harness.DriveAsync(harness.Producer.FlushAsync(), 20);

        var applied = harness.Kinesis.Records;
        var visible = applied.Where(a => a.VisibleToKcl).ToLookup(a => (a.ShardId, a.SequenceNumber, a.SubSequence));
        foreach (var (record, delivery) in deliveries)
        {
            Assert.True(delivery.IsCompletedSuccessfully, "a record has no end");
            var result = delivery.Result;
            if (result.IsSuccess)
                Assert.Equal(record.PartitionKey, Assert.Single(visible[(result.ShardId!, result.SequenceNumber!, result.SubSequenceNumber)]).Key);
            else
                Assert.Equal(record.PartitionKey, result.Record!.Value.PartitionKey);
        }

        var delivered = deliveries.Count(d => d.Delivery.Result.IsSuccess);
        Assert.Equal(new StreamLedger(deliveries.Count, delivered, deliveries.Count - delivered, 0, 0, 0, 0),
            harness.Producer.GetLedger(PipelineHarness.Stream));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        if (ambiguous())
            return;
        // Nothing arrives twice. But where the map comes later than the time-to-live of the oldest member of an aggregate, the others are sent again.
        var ended = deliveries.ToDictionary(static d => d.Record.PartitionKey, static d => d.Delivery.Result.ErrorCode);
        var expired = applied.Where(a => ended[a.Key] == RecordErrorCodes.Expired).Select(static a => (a.ShardId, a.SequenceNumber)).ToHashSet();
        Assert.All(applied.Where(static a => a.VisibleToKcl).GroupBy(static a => a.Key),
            copies => Assert.All(copies.SkipLast(1), copy => Assert.Contains((copy.ShardId, copy.SequenceNumber), expired)));
    }

    /// <summary>The stream is gone until the producer has noticed it, as a real one is for many seconds.</summary>
    private static async Task<(UserRecord, Task<RecordResult>)> LetItVanishAsync(PipelineHarness harness, UserRecord probe)
    {
        var (put, list) = (harness.Kinesis.BeforePut, harness.Kinesis.BeforeList);
        var missing = harness.Events.Said.Count(s => s == "missing");
        harness.Kinesis.BeforePut = static (_, _) => throw NotFound;
        harness.Kinesis.BeforeList = static _ => throw NotFound;
        var probing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, probe).AsTask();
        while (harness.Events.Said.Count(s => s == "missing") == missing && !(probing.IsCompleted && probing.Result.Delivery.IsCompleted))
        {
            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(5));
        }

        (harness.Kinesis.BeforePut, harness.Kinesis.BeforeList) = (put, list);
        return (probe, (await harness.DriveAsync(probing)).Delivery);
    }

    private static readonly KinesisException NotFound = new(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "no such stream", 400);

    private static Func<bool> Misbehave(PipelineHarness harness, Load load, Random random)
    {
        var ambiguous = false;
        harness.Kinesis.Refuse = (_, _) => random.NextDouble() < load.ErrorRate
            ? new(null, null, random.Next(2) == 0 ? RecordErrorCodes.Throttled : "InternalFailure", "as the test says")
            : null;
        harness.Kinesis.BeforePut = (_, _) =>
        {
            lock (random)
            {
                return random.NextDouble() < load.CallErrorRate
                    ? throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "as the test says")
                    : default;
            }
        };
        harness.Kinesis.AfterPut = () =>
        {
            lock (random)
            {
                if (random.NextDouble() >= load.CallErrorRate / 4)
                    return default;
                ambiguous = true;
                throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost, "as the test says");
            }
        };
        return () => ambiguous;
    }
}
