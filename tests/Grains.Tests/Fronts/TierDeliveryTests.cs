using System.Collections.Concurrent;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Grains.Tests.Fronts;

/// <summary>Records through the tier, under both spellings of a stream: from a client's call to the bytes that KCL sees.</summary>
public sealed class TierDeliveryTests
{
    /// <summary>So many that of two silos each has some, whatever their names (but for 1e-18).</summary>
    private const int ManyShards = 60;

    [Fact]
    public async Task PutRecords_OverTwoSilos_EachRecordIsWhereItsResultSays()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: ManyShards);
        var records = Tier.Records(5_000);
        var results = await tier.Producer.PutRecords(new RecordBatch(records)).WaitAsync(Tier.Long);

        tier.AssertVisible(records, results);
        Assert.Equal(ManyShards, tier.HostedShards().Sum());
        Assert.All(tier.HostedShards(), count => Assert.NotEqual(0, count));
        Assert.Equal(5_000, ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Count);
    }

    [Fact]
    public async Task PutRecords_ThroughEverySilosFront_EachShardHasOneOwner()
    {
        await using var tier = await Tier.StartAsync(silos: 3, shards: 12);
        var fronts = Enumerable.Range(0, 3).Select(tier.Front).ToList();
        var records = Enumerable.Range(0, 3).Select(i => Tier.Records(2_000, first: i * 2_000)).ToList();
        var results = await Task.WhenAll(fronts.Select((f, i) => f.PutAsync(Tier.Stream, records[i]).AsTask())).WaitAsync(Tier.Long);

        tier.AssertVisible([.. records.SelectMany(r => r)], [.. results.SelectMany(r => r)]);
        Assert.Equal(12, tier.HostedShards().Sum());
        Assert.All(fronts, f => Assert.Equal(new StreamLedger(2_000, 2_000, 0, 0, 0, 0, 0), f.GetLedger(Tier.Stream)));
        Assert.All(fronts, f => Assert.Equal(0, f.OutstandingBytes));
    }

    [Fact]
    public async Task Flush_LetsRecordsOfEverySilosShardsLeaveBeforeTheirLinger()
    {
        await using var tier = await Tier.StartAsync(
            silos: 2, shards: 8, configure: o => (o.RecordMaxBufferedTime, o.RecordTtl) = (2 * Tier.Long, 4 * Tier.Long));
        await tier.Producer.PutRecords(new RecordBatch(Tier.Records(100)), PutOptions.WithoutLinger).WaitAsync(Tier.Long);
        var batch = await tier.Front(0).EnqueueAsync(Tier.Stream, Tier.Records(100, 100));
        Assert.False(batch.Delivery.IsCompleted);
        await tier.Front(0).FlushAsync(Tier.Stream).WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(100, 100), await batch.Delivery);
    }

    [Fact]
    public async Task PutByNameAndByArn_HasOneOwnerForEachShardAndOneManager()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4);
        var arn = tier.Server.Kinesis.Get(Tier.Stream).Arn;
        var byName = await tier.Producer.PutRecords(new RecordBatch(Tier.Records(500))).WaitAsync(Tier.Long);
        var byArn = await tier.Cluster.Client.GetGrain<IStreamProducer>(arn).PutRecords(new RecordBatch(Tier.Records(500, 500))).WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(1_000), [.. byName, .. byArn]);
        Assert.Equal(4, tier.HostedShards().Sum());
        var same = await tier.Cluster.Client.GetGrain<IStreamManager>(arn).GetShards();
        Assert.Equal((Tier.Stream, 4), (same.Stream, same.Shards.Length));
        // A manager may read in between; two managers never have read at one instant.
        await Waiting.UntilAsync(async () =>
            (await tier.Manager.GetShards()).ReadAt == (await tier.Cluster.Client.GetGrain<IStreamManager>(arn).GetShards()).ReadAt);
    }

    [Fact]
    public async Task AnArnOfAnotherAccount_StaysAnArn()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        var foreign = tier.Server.Kinesis.Get(Tier.Stream).Arn.Replace("000000000000", "123456789012", StringComparison.Ordinal);
        var status = await tier.Cluster.Client.GetGrain<IStreamProducer>(foreign).GetStatus();
        Assert.Equal(foreign, status.Stream);
    }

    /// <summary>It told what the whole silo held, of all streams, and the age of the oldest record of any.</summary>
    [Fact]
    public async Task Status_TellsWhatTheStreamHolds_AndNothingOfOthers()
    {
        await using var tier = await Tier.StartAsync(silos: 1, configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromMinutes(1));
        await tier.Server.Kinesis.CreateStreamAsync("quiet", 1);
        var quiet = tier.Cluster.Client.GetGrain<IStreamProducer>("quiet");
        var put = tier.Producer.PutRecord(Tier.Record(0));
        var held = new StreamStatus { Stream = "", Silo = "" };
        // A record that is accepted has no age before it is with its shard.
        await Waiting.UntilAsync(async () => (held = await tier.Producer.GetStatus()).OldestRecordAge > TimeSpan.Zero);
        Assert.Equal(1, held.OutstandingRecords);
        Assert.InRange(held.OutstandingBytes, 160, 1_000);

        var other = await quiet.GetStatus();

        Assert.Equal((0, 0, TimeSpan.Zero), (other.OutstandingRecords, other.OutstandingBytes, other.OldestRecordAge));
        await tier.Producer.Flush();
        Assert.True((await put).IsSuccess);
    }

    /// <summary>
    /// It waited for as long as there was no memory, and was put when its caller had gone and put it again: a silo that had too much to do worked for such
    /// callers alone.
    /// </summary>
    [Fact]
    public async Task PutRecords_ForWhichThereIsNoMemory_EndsInTime_AndNothingOfItIsPut()
    {
        var time = new HeldTime();
        await using var tier = await Tier.StartAsync(silos: 1, shards: 1, configure: static o => o.MaxOutstandingRecords = 1, time: _ => time);
        var away = tier.Server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords" });
        var first = tier.Producer.PutRecord(Tier.Record(0));
        await Waiting.UntilAsync(() => tier.Front(0).OutstandingRecords == 1);

        var second = tier.Producer.PutRecords(new RecordBatch(Tier.Records(2, first: 1)));
        await Waiting.UntilAsync(() =>
        {
            time.PassAcceptTimeout();
            return second.IsCompleted;
        });

        var thrown = await Assert.ThrowsAsync<TimeoutException>(() => second);
        Assert.Contains("no record of the call was accepted", thrown.Message, StringComparison.Ordinal);
        tier.Server.Kinesis.Faults.Remove(away);
        Assert.True((await first.WaitAsync(Tier.Long)).IsSuccess);
        Assert.Equal(new StreamLedger(1, 1, 0, 0, 0, 0, 0), tier.Front(0).GetLedger(Tier.Stream));
    }

    /// <summary>The system's time, in which a call's time to be accepted passes when the test says so.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly ConcurrentQueue<ITimer> _held = [];

        public void PassAcceptTimeout()
        {
            while (_held.TryDequeue(out var timer))
                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != ResponseTimeouts.AcceptTimeout || period != Timeout.InfiniteTimeSpan)
                return base.CreateTimer(callback, state, dueTime, period);
            var timer = base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
            _held.Enqueue(timer);
            return timer;
        }
    }
}
