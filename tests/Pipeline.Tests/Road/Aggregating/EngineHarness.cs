using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>
/// Engines alone, on fake time: what they send, and what they want routed anew, is kept. Records are told by their data, a number.
/// </summary>
internal sealed class EngineHarness
{
    private readonly FakeTimeProvider _time = new();
    private readonly TimerQueue _timers;
    private readonly List<Exception> _defects = [];

    public EngineHarness(Action<StreamOptions>? configure = null)
    {
        Clock = new MonotonicClock(_time);
        _timers = new TimerQueue(Clock, _defects.Add);
        var options = new StreamOptions { RecordMaxBufferedTime = TimeSpan.FromMilliseconds(100), RecordTtl = TimeSpan.FromSeconds(10) };
        configure?.Invoke(options);
        Settings = PipelineSettings.Of(options);
        Services = new EngineServices(Collect, Reroute, Settings, Clock, _timers)
        {
            Features = StreamWiring.FeaturesOf(Settings, new StreamHorizon(Settings.Ttl, () => Clock.Now), LoadSettings.Default),
        };
    }

    public static ShardRange Whole { get; } = new("shardId-000000000000", 0, UInt128.MaxValue);

    public static ShardRange Lower { get; } = new("shardId-000000000001", 0, (UInt128.MaxValue / 2));

    public static ShardRange Upper { get; } = new("shardId-000000000002", (UInt128.MaxValue / 2) + 1, UInt128.MaxValue);

    public MonotonicClock Clock { get; }

    public PipelineSettings Settings { get; }

    public EngineServices Services { get; }

    /// <summary>What has its tokens, in order; still in flight unless it is ended.</summary>
    public List<KinesisRecord> Sent { get; } = [];

    /// <summary>The members of each Kinesis record that was sent.</summary>
    public List<int[]> SentNumbers { get; } = [];

    /// <summary>The members of what is to be routed anew.</summary>
    public List<int> Rerouted { get; } = [];

    public ShardEngine NewEngine(ShardRange? range = null, EngineKind kind = EngineKind.Predicted, bool isOpen = true, Lock? shared = null) =>
        new(Services, range ?? Whole, kind, isOpen, shared);

    /// <summary>Puts the routes of some shards together, as a map would.</summary>
    public static Routes Route(params ShardEngine[] engines) =>
        new(ShardMaps.Of(1, [.. engines.Select(e => e.Range)]), engines, null);

    /// <summary>Puts a record; false where the engine refuses.</summary>
    public bool Put(ShardEngine engine, int number, UInt128 hashKey = default, TimeSpan? ttl = null, int size = 0, string key = "k")
    {
        var expiresAt = Clock.Now + (ttl?.Ticks ?? Settings.Ttl);
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushGeneration(), Clock.Now, expiresAt, false));
        return engine.TryAppend(new IncomingRecord
        {
            PartitionKey = Encoding.UTF8.GetBytes(key),
            HashKey = hashKey,
            HasExplicitHashKey = true,
            Data = Encoding.UTF8.GetBytes($"{number}".PadRight(size)),
            Member = new MemberRef(sink, 0),
        });
    }

    /// <summary>The numbers of a Kinesis record's members.</summary>
    public static int[] Numbers(KinesisRecord record)
    {
        var numbers = new List<int>();
        for (var reader = MemberReading.Open(record.Encoded); reader.MoveNext();)
            numbers.Add(int.Parse(Encoding.UTF8.GetString(reader.Current.Data.Span)));
        return [.. numbers];
    }

    /// <summary>Lets time pass; engines are woken meanwhile.</summary>
    public void Pass(int milliseconds)
    {
        for (var passed = 0; passed < milliseconds; passed++)
            _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Empty(_defects);
    }

    private void Collect(KinesisRecord record)
    {
        Sent.Add(record);
        SentNumbers.Add(Numbers(record));
    }

    private void Reroute(KinesisRecord record) => Rerouted.AddRange(Numbers(record));
}
