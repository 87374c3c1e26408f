using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tests.Owning;
using Orleans.Kpl.Silos.Leases;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>An ordered shard that another silo has taken: nothing more is sent for it, although this silo's lease is good again.</summary>
public sealed class LostShardTests
{
    private const int Rounds = 200;

    /// <summary>The lease lapses with a record in the open aggregate, the shard is let go, and at once the lease is good again.</summary>
    [Fact]
    public async Task CloseAsync_OfAShardThatIsOthersNow_SendsNothingOfIt()
    {
        var sent = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var (kinesis, isLeaseHeld) = (new FakeKinesis(shards: 1), true);
            // As the gateway of a silo does immediately before the request.
            kinesis.BeforePut = (_, _) => Volatile.Read(ref isLeaseHeld)
                ? ValueTask.CompletedTask
                : throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.LeaseLost, "no lease");
            using var log = new PipelineLog(NullLogger.Instance, TimeProvider.System, logKeys: false);
            var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(1), RecordMaxBufferedTime = TimeSpan.FromSeconds(5) };
            options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
            await using var producer = new ProducerPipeline(options, kinesis, log, TimeProvider.System, new Random(1), _ => new QueueOwners());
            var shards = producer.Uses.Get("events").Shards;
            shards.Open(FakeKinesis.FirstShard, null);
            var first = producer.PutAsync("events", new UserRecord("key", new byte[1]), new PutOptions { Immediate = true }).AsTask();
            await first.WaitAsync(Waiting.Long);
            Volatile.Write(ref isLeaseHeld, false);
            var before = kinesis.Records.Count;
            // Accepted in the meantime: it waits for company.
            _ = await producer.EnqueueAsync("events", new UserRecord("key", new byte[1]));
            var closing = shards.CloseAsync(FakeKinesis.FirstShard, Task.CompletedTask);
            Volatile.Write(ref isLeaseHeld, true);
            await closing.WaitAsync(Waiting.Long);
            sent += kinesis.Records.Count > before ? 1 : 0;
        }

        Assert.Equal(0, sent);
    }

    [Fact]
    public async Task ALeaseThatLapsed_IsGoodAgain_WhenNoCallHasRecordsOfALostShard()
    {
        await using var harness = new LeaseHarness();
        var silo = harness.Silo(1);
        await harness.EndAsync(harness.TakeAsync(silo));
        Assert.True(silo.Lease.IsHeld);
        var quiet = new TaskCompletionSource();
        List<ShardKey> lost = [];
        silo.Epochs.Lost = shard =>
        {
            lost.Add(shard);
            return quiet.Task;
        };
        harness.Store.RefusesLeases = true;
        await harness.PassAsync(SiloLease.TimeToLive);
        // Another silo takes the shard.
        Assert.NotNull(await harness.Store.WriteAsync("epoch:events", LeaseHarness.Shard.ShardId, 1, "-", CancellationToken.None));
        harness.Store.RefusesLeases = false;
        await harness.Time.PassUntilAsync(() => lost.Count > 0, LeaseHarness.Step);
        Assert.False(silo.Lease.IsHeld);
        Assert.Equal(1, silo.Epochs.EpochOf(LeaseHarness.Shard));
        quiet.SetResult();
        await Waiting.UntilAsync(() => silo.Lease.IsHeld);

        Assert.Equal(0, silo.Epochs.EpochOf(LeaseHarness.Shard));
        Assert.Equal([LeaseHarness.Shard], lost);
    }

    /// <summary>The row was written here, and its answer is on its way back, when the lapsed lease is renewed.</summary>
    [Fact]
    public async Task ALeaseThatLapsed_WhileTheRowIsWrittenHere_LosesNothing()
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        await first.StopAsync();
        List<ShardKey> lost = [];
        second.Epochs.Lost = shard =>
        {
            lost.Add(shard);
            return Task.CompletedTask;
        };
        var taking = harness.TakeAsync(second);
        await harness.PassAsync(LeaseHarness.Step);
        var answer = harness.Store.HoldAnswer();
        await harness.PassAsync(SiloLease.TimeToLive + LeaseHarness.RequestTimeout + 3 * LeaseHarness.Step);
        Assert.True(harness.Store.IsHolding);
        harness.Store.RefusesLeases = true;
        await harness.PassAsync(SiloLease.TimeToLive);
        harness.Store.RefusesLeases = false;
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.True(second.Lease.IsHeld);
        answer.SetResult();
        await harness.EndAsync(taking);

        Assert.Empty(lost);
        Assert.Equal(3, second.Epochs.EpochOf(LeaseHarness.Shard));
    }

    /// <summary>A call that is on its way to its lease check when the shard is lost: the lease is not good before that call is over.</summary>
    [Fact]
    public async Task LoseAsync_WhileACallHasARecordOfTheShard_WaitsForThatCall()
    {
        await using var silo = new OrderedShard();
        var (producer, shards) = (silo.Producer, silo.Shards);
        var put = producer.PutAsync("events", new UserRecord("key", new byte[1]), new PutOptions { Immediate = true }).AsTask();
        await silo.Asked.WaitAsync(Waiting.Long);
        var quiet = shards.LoseAsync(FakeKinesis.FirstShard, static e => Assert.Fail(e.ToString()));
        Assert.False(quiet.IsCompleted);
        silo.Answer.SetResult();

        await quiet.WaitAsync(Waiting.Long);
        Assert.Equal(RecordStatus.Delivered, (await put.WaitAsync(Waiting.Long)).Status);
        Assert.Single(silo.Kinesis.Records);
        // Nothing is left to wait for, and the shard is not served here: it is over at once.
        await shards.LoseAsync(FakeKinesis.FirstShard, static e => Assert.Fail(e.ToString()));
    }

    /// <summary>A move waits for its last records. Meanwhile another silo takes the shard, and the lease is good again.</summary>
    [Fact]
    public async Task LoseAsync_WhileTheShardIsBeingClosed_SendsNothingMore()
    {
        await using var silo = new OrderedShard();
        var (producer, shards) = (silo.Producer, silo.Shards);
        var now = new PutOptions { Immediate = true };
        _ = await producer.EnqueueAsync("events", new UserRecord("key", new byte[1]), now);
        await silo.Asked.WaitAsync(Waiting.Long);
        // It waits for the one that is under way.
        _ = await producer.EnqueueAsync("events", new UserRecord("key", new byte[1]), now);
        var closing = shards.CloseAsync(FakeKinesis.FirstShard, new TaskCompletionSource().Task);
        var quiet = shards.LoseAsync(FakeKinesis.FirstShard, static e => Assert.Fail(e.ToString()));
        Assert.False(closing.IsCompleted);
        silo.Answer.SetResult();
        await quiet.WaitAsync(Waiting.Long);
        await closing.WaitAsync(Waiting.Long);

        Assert.Single(silo.Kinesis.Records);
    }

    /// <summary>A silo that serves one ordered shard, and whose first call waits for its answer.</summary>
    private sealed class OrderedShard : IAsyncDisposable
    {
        private readonly PipelineLog _log = new(NullLogger.Instance, TimeProvider.System, logKeys: false);
        private readonly TaskCompletionSource _asked = new();

        public OrderedShard()
        {
            var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(1) };
            options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
            Producer = new ProducerPipeline(options, Kinesis, _log, TimeProvider.System, new Random(1), _ => new QueueOwners());
            Shards.Open(FakeKinesis.FirstShard, null);
            Kinesis.BeforePut = (_, _) =>
            {
                _asked.TrySetResult();
                return new ValueTask(Answer.Task);
            };
        }

        public FakeKinesis Kinesis { get; } = new(shards: 1);

        public ProducerPipeline Producer { get; }

        public ServedShards Shards => Producer.Uses.Get("events").Shards;

        /// <summary>Completes when the first call has begun.</summary>
        public Task Asked => _asked.Task;

        public TaskCompletionSource Answer { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await Producer.DisposeAsync();
            _log.Dispose();
        }
    }

    private sealed class QueueOwners : ProbeOwners, IShardOwners
    {
        public IShardQueue? NewQueue(ShardEngine engine) => new StraightQueue(engine);
    }

    /// <summary>Passes on what the engine takes, and keeps what comes back until it is closed.</summary>
    private sealed class StraightQueue(ShardEngine engine) : IShardQueue
    {
        private readonly List<MemberRef> _back = [];
        private volatile bool _isClosed;

        public bool TryAdd(in ShardRecords records) => !_isClosed && records.TryAppendTo(engine);

        public bool TryTakeBack(in IncomingRecord record)
        {
            _back.Add(record.Member);
            return true;
        }

        public bool TryInherit(in IncomingRecord record) => throw new NotSupportedException("no shard follows another here");

        public void Resume()
        {
        }

        public void Close()
        {
            _isClosed = true;
            Task.Run(() => engine.Order!.Queue.QueueIsOver());
        }

        public void PassOn()
        {
            foreach (var member in _back)
                member.Sink.Generation.Leave(1);
        }
    }
}
