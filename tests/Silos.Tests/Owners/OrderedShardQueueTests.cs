using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Tests.Links;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <summary>Records of an ordered stream that wait at their front.</summary>
public sealed class OrderedShardQueueTests
{
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
        private readonly OwnersHarness _silo = new(OrderedMode.PutRecords);

        public World()
        {
            _silo.Cluster.IsSilent = true;
            var settings = PipelineSettings.Of(new StreamOptions { Ordered = OrderedMode.PutRecords });
            Engine = new ShardEngine(
                new EngineServices(static _ => { }, static _ => { }, settings, Stream.Clock, Stream.Timers)
                {
                    Features = StreamWiring.FeaturesOf(settings, new StreamHorizon(settings.Ttl, () => Stream.Clock.Now), LoadSettings.Default),
                },
                new ShardRange("", UInt128.MinValue, UInt128.MaxValue), EngineKind.AwaitingMap);
            Queue = (OrderedShardQueue)_silo.Owners.NewQueue(Engine)!;
            Sink = new SingleOutcome(new AcceptanceTerms(new FlushGeneration(), Stream.Clock.Now, long.MaxValue, Immediate: false));
        }

        public FakeKinesis Kinesis => _silo.Kinesis;

        public StreamPipeline Stream => _silo.Stream;

        public ShardEngine Engine { get; }

        public QueueSuccession Succession => Engine.Order!.Queue;

        public OrderedShardQueue Queue { get; }

        public SingleOutcome Sink { get; }

        public IncomingRecord Record() => new()
        {
            PartitionKey = "key"u8, HashKey = 1, HasExplicitHashKey = false, Data = "1"u8, Member = new MemberRef(Sink, 0),
        };

        public ValueTask DisposeAsync() => _silo.DisposeAsync();
    }
}
