using System.Text;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>
/// Another silo sends records here that do not belong here by the map in force, which says that the other one owns their shard.
/// </summary>
public sealed class HeldRecordsTests : IAsyncDisposable
{
    private const int Records = 10;

    private readonly FakeKinesis _kinesis = new(1);
    private readonly FakeLink _there = new();
    private readonly PipelineLog _log = new(NullLogger.Instance, TimeProvider.System, logKeys: false);
    private readonly ProducerPipeline _producer;

    public HeldRecordsTests()
    {
        var options = new KplOptions { RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20), DrainTimeout = TimeSpan.FromMilliseconds(100) };
        // Whatever the shard, the other silo owns it.
        var cluster = new OneOwnerCluster { Owner = LinkHarness.There, Epoch = 0, Link = _there };
        var silos = new LiveSilos(new FakeMembership(), TimeProvider.System);
        var context = new OwnersContext(cluster, cluster, silos, new HostedShards(), new LinkMemory(), NullLogger.Instance);
        _producer = new ProducerPipeline(options, _kinesis, _log, TimeProvider.System, new Random(1), s => StreamOwners.Create(s, context));
    }

    private StreamPipeline Stream => _producer.GetStream(LinkHarness.Stream);

    [Fact]
    public async Task ARecord_WhileAShardIsServedHereThatTheMapDoesNotShow_IsNotPassedOn()
    {
        var former = _kinesis.Shards;
        _kinesis.Reshard(FakeKinesis.Even(1, 1));
        _kinesis.Listed = () => former;
        Stream.Shards.Open(_kinesis.Shards[0].ShardId, null);
        Assert.True(InboxFrom(LinkHarness.There).TryTake(Frame(LinkHarness.There)));
        // Its own map, and then one more each time that it asks whether it is behind.
        await Waiting.UntilAsync(() => _there.Records.Count > 0 || Volatile.Read(ref _kinesis.Listings) > 3);
        _kinesis.Listed = static () => null;
        await Waiting.UntilAsync(() => _there.Records.Count > 0 || Told() == Records);

        Assert.Empty(_there.Records);
        Assert.All(_kinesis.Records, r => Assert.Equal(_kinesis.Shards[0].ShardId, r.ShardId));
    }

    [Fact]
    public Task ARecord_ThatWouldGoBackToItsSender_WaitsUntilTheMapWasReadAgain() => WaitsForTheMapAsync(Frame(LinkHarness.There));

    /// <summary>Three silos with three maps, one of which could not be read again, passed a record round in a circle until its time-to-live ended.</summary>
    [Fact]
    public Task ARecord_OfAThirdSilo_ThatHadItFromAnother_WaitsUntilTheMapWasReadAgain() =>
        WaitsForTheMapAsync(Frame(Third, RecordsFrame.WithoutLinger | RecordsFrame.PassedOn));

    [Fact]
    public async Task ARecord_OfAThirdSilo_IsPassedOnAtOnce()
    {
        _kinesis.BeforeList = _ => new ValueTask(_kinesis.Listings == 1 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, CancellationToken.None));
        Assert.True(InboxFrom(Third).TryTake(Frame(Third)));

        await Waiting.UntilAsync(() => _there.Records.Sum(static f => PackedRecords.Parse(f.Records).Count) == Records);
        Assert.Equal(1, _kinesis.Listings);
        // Whoever gets them next is told.
        Assert.All(_there.Records, static f => Assert.Equal(RecordsFrame.PassedOn, f.Terms[2] & RecordsFrame.PassedOn));
    }

    public async ValueTask DisposeAsync()
    {
        await _producer.DisposeAsync();
        _log.Dispose();
    }

    private async Task WaitsForTheMapAsync(RecordsFrame frame)
    {
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var passedOnBefore = -1;
        _kinesis.BeforeList = _ =>
        {
            if (_kinesis.Listings == 1)
                return ValueTask.CompletedTask;
            Interlocked.CompareExchange(ref passedOnBefore, _there.Records.Count, -1);
            return new ValueTask(again.Task);
        };
        Assert.True(InboxFrom(frame.Origin).TryTake(frame));
        // Told when the map is read again: a reading is waited for only so long, which a busy machine may take to come back here.
        await Waiting.UntilAsync(() => Volatile.Read(ref passedOnBefore) >= 0);
        Assert.Equal(0, passedOnBefore);
        again.SetResult();

        await Waiting.UntilAsync(() => _there.Records.Sum(static f => PackedRecords.Parse(f.Records).Count) == Records);
    }

    private OpenInbox InboxFrom(SiloId silo) => new(
        Stream, new OutcomeOutbox(LinkHarness.Here, LinkHarness.Stream, silo, _there, TimeProvider.System, NullLogger.Instance),
        new ForwardedMemory(1 << 20, 0).Of(LinkHarness.Stream));

    private int Told() => _there.Outcomes.Sum(static f => PackedOutcomes.Parse(f.Outcomes).Count);

    private static SiloId Third { get; } = new(System.Net.IPAddress.Loopback, 3, 3);

    private static RecordsFrame Frame(SiloId origin, long how = RecordsFrame.WithoutLinger)
    {
        var writer = new PackedRecordsWriter();
        for (var i = 0; i < Records; i++)
        {
            var key = Encoding.UTF8.GetBytes($"key-{i}");
            Assert.True(writer.TryAdd(key, "data"u8, HashKey.OfPartitionKey(key)));
        }

        return new RecordsFrame(origin, LinkHarness.Stream, 0, 0, writer.ToArray(), [Records, TimeSpan.TicksPerMinute, how]);
    }
}
