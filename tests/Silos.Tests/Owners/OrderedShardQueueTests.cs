using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;
using Orleans.Kpl.Silos.Tests.Membership;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Records of an ordered stream that wait at their front.</summary>
public sealed class OrderedShardQueueTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Records of an ordered stream whose map is gone wait for those before them in the queue. When their turn comes, nobody may have asked for the map.
    /// </summary>
    [Fact]
    public async Task WhatWaitedInTheQueue_WhenItComesToNoMap_HasItRead()
    {
        await using var world = new World();
        world.Engine.Queue = world.Queue;
        world.Succession.AwaitPredecessor();
        Assert.True(world.Queue.TryAdd(new ShardRecords(world.Record())));
        // The stream reads its map when it begins.
        await world.Stream.ReadMapAsync();
        var listings = world.Kinesis.Listings;

        world.Succession.PredecessorHasPassedOn();

        await Waiting.UntilAsync(() => world.Kinesis.Listings > listings);
    }

    /// <summary>
    /// Between the retirement of the engine and the end of its queue a record comes. The engine stood in for a map, and has no shard: its owner was sought,
    /// and a silo began to serve a shard without a name.
    /// </summary>
    [Fact]
    public async Task WhatComes_WhenAMapTakesThePlaceOfNone_SeeksNoOwner()
    {
        await using var world = new World();
        world.Engine.Order!.StepDown();
        Assert.True(world.Queue.TryAdd(new ShardRecords(world.Record())));
        await world.DisposeAsync();
        world.Queue.Close();
        world.Queue.PassOn();

        Assert.Equal(RecordErrorCodes.Shutdown, (await world.Sink.Delivery).ErrorCode);
        Assert.True(world.Queue.IsAtRest);
    }

    /// <summary>A stream, and the queue of an engine that stands in for its map.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time = new();
        private readonly PipelineLog _log;
        private readonly ProducerPipeline _producer;

        public World()
        {
            _log = new PipelineLog(NullLogger.Instance, _time, logKeys: false);
            var options = new KplOptions { DrainTimeout = TimeSpan.FromMilliseconds(100) };
            options.ForStream("events", s => s.Ordered = OrderedMode.PutRecords);
            var context = new OwnersContext(
                new OneOwnerCluster { IsSilent = true }, null!, new LiveSilos(new FakeMembership(), _time), new HostedShards(), new LinkMemory(),
                NullLogger.Instance);
            StreamOwners? owners = null;
            _producer = new ProducerPipeline(options, Kinesis, _log, _time, new Random(1), s => owners = StreamOwners.Create(s, context));
            Stream = _producer.Uses.Get("events");
            var settings = PipelineSettings.Of(options.GetStream("events"));
            Engine = new ShardEngine(
                new EngineServices(static _ => { }, static _ => { }, settings, Stream.Clock, Stream.Timers)
                {
                    Features = StreamWiring.FeaturesOf(settings, new StreamHorizon(settings.Ttl, () => Stream.Clock.Now), LoadSettings.Default),
                },
                new ShardRange("", UInt128.MinValue, UInt128.MaxValue), EngineKind.AwaitingMap);
            Queue = (OrderedShardQueue)owners!.NewQueue(Engine)!;
            Sink = new SingleOutcome(new AcceptanceTerms(new FlushGeneration(), Stream.Clock.Now, long.MaxValue, Immediate: false));
        }

        public FakeKinesis Kinesis { get; } = new(shards: 1);

        public StreamPipeline Stream { get; }

        public ShardEngine Engine { get; }

        public QueueSuccession Succession => Engine.Order!.Queue;

        public OrderedShardQueue Queue { get; }

        public SingleOutcome Sink { get; }

        public IncomingRecord Record() => new()
        {
            PartitionKey = "key"u8, HashKey = 1, HasExplicitHashKey = false, Data = "1"u8, Member = new MemberRef(Sink, 0),
        };

        public async ValueTask DisposeAsync()
        {
            await PassAsync(_time, _producer.DisposeAsync().AsTask());
            _log.Dispose();
        }
    }

    private static Task PassAsync(FakeTimeProvider time, Task until) => Waiting.UntilAsync(() =>
    {
        Assert.True(time.GetTimestamp() < TimeSpan.TicksPerMinute, "it does not end");
        if (!until.IsCompleted)
            time.Advance(Step);
        return until.IsCompleted;
    });
}
