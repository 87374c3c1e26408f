using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>Real engines whose Kinesis records are kept instead of being sent.</summary>
internal sealed class EngineWorld
{
    public const string Stream = "events";

    private readonly EngineServices _services;
    private readonly LockStripes _locks = new();

    public EngineWorld(Schedule schedule)
    {
        Events.Said.Clear();
        Clock = new MonotonicClock(new SteppedTime(schedule));
        _services = new EngineServices(Collect, Reroute, Settings, Clock, new TimerQueue(Clock, static e => throw e))
        {
            Features = StreamWiring.FeaturesOf(Settings, new StreamHorizon(Settings.Ttl, () => Clock.Now), LoadSettings.Default),
        };
    }

    public static KplInstruments Instruments { get; } = new(ProducerRole.Embedded, static () => [], static (_, e) => throw e);

    public static RecordingEvents Events { get; } = new();

    public static FailureNotifier Notifier { get; } = new(Events);

    public MonotonicClock Clock { get; }

    public PipelineSettings Settings { get; } = PipelineSettings.Of(new StreamOptions());

    public List<KinesisRecord> Collected { get; } = [];

    /// <summary>An engine as a stream without order has it: one that neighbours share its lock with.</summary>
    public ShardEngine NewEngine(ShardRange range, EngineKind kind) =>
        new(_services, range, kind, shared: kind == EngineKind.Predicted ? _locks.Of(range) : null);

    /// <summary>Shards that begin at these 128ths of the hash keys.</summary>
    public static IReadOnlyList<ShardRange> Shards(int firstId, params int[] starts) =>
    [
        .. starts.Select((s, i) => new ShardRange(
            $"shardId-{firstId + i:D12}", (UInt128)s << 121, i + 1 < starts.Length ? ((UInt128)starts[i + 1] << 121) - 1 : UInt128.MaxValue)),
    ];

    /// <summary>A record whose data tells its place in its sink.</summary>
    public static IncomingRecord Record(OutcomeSink sink, int index, UInt128 hashKey) => new()
    {
        PartitionKey = "key"u8, HashKey = hashKey, HasExplicitHashKey = true, Data = Data(index), Member = new MemberRef(sink, index),
    };

    public static byte[] Data(int index) => Encoding.UTF8.GetBytes($"data-{index}");

    /// <summary>Terms of records that live for long and may linger.</summary>
    public static AcceptanceTerms Terms(FlushGeneration generation) => new(generation, 0, TimeSpan.TicksPerMinute, Immediate: false);

    /// <summary>Returns the members of Kinesis records, whose bytes must be theirs.</summary>
    public static IEnumerable<(MemberRef Member, string Shard)> MembersOf(IEnumerable<KinesisRecord> records)
    {
        foreach (var record in records)
        {
            var reader = MemberReading.Open(record.Encoded);
            foreach (var member in record.Members.ToArray())
            {
                ScheduleFailedException.Unless(reader.MoveNext() && reader.Current.Data.Span.SequenceEqual(Data(member.Index)), "a member has other bytes");
                yield return (member, record.Engine.Range.ShardId);
            }
        }
    }

    private void Collect(KinesisRecord record) => Collected.Add(record);

    private static void Reroute(KinesisRecord record) => throw new ScheduleFailedException("an engine gives a record back");
}
