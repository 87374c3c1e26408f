using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>Whatever the load, the faults and the reshards: first appearances are in the order accepted.</summary>
public sealed class OrderProperties
{
    private sealed record Load(
        int Seed, OrderedMode Mode, int Shards, int Records, int Keys, int Size, double ErrorRate, double CallErrorRate, int Reshards, ShardChange Change,
        int TtlMs, int RoundTripMs, int Memory, bool Awaits);

    private static readonly Arbitrary<Load> Loads = Arb.From(
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from mode in Gen.Elements(OrderedMode.PutRecord, OrderedMode.PutRecords)
        from shards in Gen.Choose(1, 5)
        from records in Gen.Choose(1, 400)
        from keys in Gen.Choose(1, 30)
        from size in Gen.Choose(10, 3_000)
        from errors in Gen.Choose(0, 60)
        from callErrors in Gen.Choose(0, 40)
        from reshards in Gen.Choose(0, 4)
        from change in Gen.Elements(ShardChange.BySomebodyElse, ShardChange.ListedLate, ShardChange.Announced)
        from ttl in Gen.Elements(400, 3_000, 30_000)
        from roundTrip in Gen.Elements(0, 5, 60, 250)
        from memory in Gen.Elements(1 << 20, 4 << 20)
        from awaits in Gen.Elements(true, false)
        select new Load(seed, mode, shards, records, keys, size, errors / 100.0, callErrors / 100.0, reshards, change, ttl, roundTrip, memory, awaits));

    [Fact]
    public Task DeliveredRecords_FirstAppearInTheOrderAccepted() => CheckAsync(60);

    [Fact]
    [Trait("Category", "Long")]
    public Task DeliveredRecords_FirstAppearInTheOrderAccepted_ManyMore() => CheckAsync(1_500);

    private static Task CheckAsync(int loads) => OwnThread.CheckAsync(Loads, RunAsync, loads);

    private static async Task RunAsync(Load load)
    {
        await using var harness = new PipelineHarness(load.Shards, o =>
        {
            o.Ordered = load.Mode;
            o.RecordTtl = TimeSpan.FromMilliseconds(load.TtlMs);
            o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(50);
            o.MaxOutstandingBytes = load.Memory;
        }, load.Seed);
        var random = new Random(load.Seed);
        Misbehave(harness, load, random);
        var enqueuing = new List<Task<EnqueuedRecord>>();
        for (var i = 0; i < load.Records; i++)
        {
            var options = random.Next(10) == 0 ? PutOptions.WithoutLinger : null;
            enqueuing.Add(harness.Producer.EnqueueAsync(PipelineHarness.Stream, InOrder.Record(i, load.Keys, load.Size), options).AsTask());
            if (load.Awaits)
                await harness.DriveAsync(enqueuing[^1]);
            if (load.Reshards > 0 && random.Next(load.Records) < load.Reshards)
                await Resharding.ApplyAsync(harness, load.Change, random, FakeKinesis.Even(random.Next(1, 6), firstId: 1_000 * (i + 1)));
            if (random.Next(20) == 0)
                harness.Time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 40)));
        }

        var accepted = await harness.DriveAsync(Task.WhenAll(enqueuing), 20);
        await harness.DriveAsync(harness.Producer.FlushAsync(), 20);

        Assert.All(accepted, a => Assert.True(a.Delivery.IsCompletedSuccessfully, "a record has no end"));
        var results = accepted.Select(a => a.Delivery.Result).ToList();
        Visible.Check(harness, results.Where(r => r.IsSuccess));
        var delivered = Enumerable.Range(0, results.Count).Where(i => results[i].IsSuccess).ToHashSet();
        Assert.Equal(
            new StreamLedger(results.Count, delivered.Count, results.Count - delivered.Count, 0, 0, 0, 0), harness.Producer.GetLedger(PipelineHarness.Stream));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        Assert.DoesNotContain(harness.Events.Said, s => s.StartsWith("order", StringComparison.Ordinal));
        InOrder.Check(harness, delivered);
    }

    private static void Misbehave(PipelineHarness harness, Load load, Random random)
    {
        harness.Kinesis.Refuse = (_, _) => Draw() < load.ErrorRate
            ? new(null, null, Draw() < 0.5 ? RecordErrorCodes.Throttled : "InternalFailure", "as the test says")
            : null;
        harness.Kinesis.BeforePut = async (entries, token) =>
        {
            if (load.RoundTripMs > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(load.RoundTripMs * Draw()), harness.Time, token);
            var draw = Draw();
            if (draw < load.CallErrorRate / 4)
            {
                _ = ApplyLateAsync(FakeKinesis.Copies(entries));
                throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, "as the test says");
            }

            if (draw < load.CallErrorRate)
                throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "as the test says");
        };
        harness.Kinesis.AfterPut = () => Draw() < load.CallErrorRate / 4
            ? throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost, "as the test says")
            : default;

        async Task ApplyLateAsync(PutRecordsEntry[] entries)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(3_000 * Draw()), harness.Time);
            harness.Kinesis.ApplyLate(entries);
        }

        double Draw()
        {
            lock (random)
                return random.NextDouble();
        }
    }
}
