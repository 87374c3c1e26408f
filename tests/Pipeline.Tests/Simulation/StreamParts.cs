using System.Diagnostics.Metrics;
using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>
/// The steps of one stream, connected as <see cref="StreamPipeline"/> connects them, each to be tested by itself. Nothing reads the shard map
/// unasked.
/// </summary>
internal sealed class StreamParts : IDisposable
{
    private readonly KplInstruments _instruments;

    public StreamParts(Action<KplOptions>? configure = null, IShardOwners? owners = null, IMeterFactory? meters = null)
    {
        _instruments = new(ProducerRole.Embedded, static () => [], Listening.Throws, meters);
        var options = new KplOptions { MaxOutstandingRecords = 1_000 };
        configure?.Invoke(options);
        var stream = options.GetStream(PipelineHarness.Stream);
        Services = new PipelineServices(options, Events, Time)
        {
            Gateway = Kinesis,
            Instruments = _instruments,
            Random = new Random(1),
            Relieve = () => Relieved++,
        };
        Clock = Services.Clock;
        Settings = PipelineSettings.Of(stream);
        var target = StreamTarget.Of(PipelineHarness.Stream, stream);
        Memory = new FairMemory(options.MaxOutstandingBytes, options.MaxOutstandingRecords, Services.Memory);
        Telemetry = new StreamTelemetry(PipelineHarness.Stream, Services, Health);
        Completer = owners is null ? new RecordCompleter(Ledger, Memory, Telemetry) : new MixedCompleter(Ledger, Memory, Telemetry);
        ForwardedCompleter = new ForwardedCompleter(Ledger, Memory, Telemetry);
        var horizon = new StreamHorizon(Settings.Ttl, () => Clock.Now);
        var engines = new EngineHost(Settings, Services, owners, StreamWiring.FeaturesOf(Settings, horizon, Services.Load));
        Topology = new ShardTopology(engines.NewEngine, Settings.KeepsOrder, awaitsHoles: !engines.MayGoUnpredicted);
        Limit = new RecordLimit(Kinesis, target, Settings, Events, Clock, new Random(1));
        Follower = new ShardMapApplier(PipelineHarness.Stream, Settings, Topology, engines, Limit, Completer, Events, Clock);
        Map = new ShardMapReader(Kinesis, target, Follower, Events, Health, Clock, new Random(1));
        Router = StreamWiring.RouterByKey(Settings, Topology.Table, Completer, owners);
        Rerouter = new Rerouter(Settings, Topology, Map, Router, Completer, Telemetry, Clock, static () => null);
        var search = new ShardSearch(Topology, Map, Clock);
        var known = new MapKnowledge(Settings, Topology, Map, search, Limit, Clock);
        Judge = new CallJudge(Settings, Telemetry, known, Completer, Rerouter.Reroute, Clock, Services.NewRandom());
        Sender = new StreamSender(new PutRecordsWriter(Kinesis, target), Judge, Settings, Clock, Services.Timers);
        Sender.Ended += MemoryPressure.IfAwaited(Memory, Services.Relieve);
        Shards = new ServedShards(Topology, Sender, Map, search, Rerouter, owners, Clock, static () => { });
        engines.Connect(Sender, Rerouter.Reroute, Shards.Adopt);
        Acceptor = new RecordAcceptor(Settings, Clock, Telemetry, Ledger, Barrier, Router)
        {
            Arrived = Map.EnsureFresh,
            Sender = Sender,
        };
        Horizon = new HorizonGate(Settings, Clock, Telemetry, horizon, Topology);
    }

    public FakeTimeProvider Time { get; } = new();

    public FakeKinesis Kinesis { get; } = new(shards: 2);

    public RecordingEvents Events { get; } = new();

    public StreamHealth Health { get; } = new();

    public StreamTelemetry Telemetry { get; }

    public MonotonicClock Clock { get; }

    public PipelineServices Services { get; }

    public PipelineSettings Settings { get; }

    public BacklogLedger Ledger { get; } = new();

    public FlushBarrier Barrier { get; } = new();

    public MemoryLimit ProcessMemory => Services.Memory;

    public MemoryLimit Memory { get; }

    public RecordCompleter Completer { get; }

    public ForwardedCompleter ForwardedCompleter { get; }

    public ShardTopology Topology { get; }

    public RecordLimit Limit { get; }

    public ShardMapApplier Follower { get; }

    public ShardMapReader Map { get; }

    public RecordRouter Router { get; }

    public Rerouter Rerouter { get; }

    public CallJudge Judge { get; }

    public StreamSender Sender { get; }

    public ServedShards Shards { get; }

    public RecordAcceptor Acceptor { get; }

    public HorizonGate Horizon { get; }

    /// <summary>How often callers who wait for memory were to be helped.</summary>
    public int Relieved { get; private set; }

    /// <summary>The only engine there is.</summary>
    public ShardEngine Engine => Topology.Current.All.Single();

    /// <summary>Puts a map of so many even shards in force.</summary>
    public void ShowShards(int count, int firstId = 0) => Assert.True(Follower.MapLoaded(FakeKinesis.Even(count, firstId)));

    /// <summary>A sink for so many records, which are counted in.</summary>
    public ProbeSink NewSink(int count = 1, double ttlSeconds = 30)
    {
        Ledger.Accepted(count);
        Memory.Charge(count * ChargeOf(0), count);
        return new ProbeSink(new AcceptanceTerms(Barrier.Enter(count), Clock.Now, Clock.Now + (long)(ttlSeconds * TimeSpan.TicksPerSecond), Immediate: false));
    }

    /// <summary>Counts a record in and routes it.</summary>
    public ProbeSink Route(int number, double ttlSeconds = 30)
    {
        var sink = NewSink(1, ttlSeconds);
        Router.Route(Record(number, new MemberRef(sink, 0)));
        return sink;
    }

    /// <summary>A record with a key of its own.</summary>
    public static IncomingRecord Record(int number, MemberRef member)
    {
        var key = Encoding.UTF8.GetBytes($"key-{number:D6}");
        return new IncomingRecord
        {
            PartitionKey = key,
            HashKey = HashKey.OfPartitionKey(key),
            HasExplicitHashKey = false,
            Data = "data"u8.ToArray(),
            Member = member,
        };
    }

    /// <summary>A call with what the engines hold, one Kinesis record for each.</summary>
    public PutRecordsCall TakeCall()
    {
        var call = new PutRecordsCall(Sender, []) { StartedAt = Clock.Now, EndedAt = Clock.Now };
        foreach (var engine in Topology.Current.All)
            call.Records.AddRange(engine.TakeAll());
        return call;
    }

    /// <summary>Lets so much time pass, and everything run in between that can.</summary>
    public Task PassAsync(TimeSpan time, int stepMs = 50) => PipelineHarness.PassAsync(Time, time, stepMs);

    public static long ChargeOf(int number) => RecordValidator.Charge($"key-{number:D6}".Length, false, "data".Length);

    public void Dispose()
    {
        Services.Timers.Dispose();
        _instruments.Dispose();
        Assert.Empty(Events.Defects);
    }
}
