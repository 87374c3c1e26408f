using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>The services shared by the streams of one producer, whether it sends to Kinesis itself or to a cluster.</summary>
internal abstract class ProducerServices
{
    protected ProducerServices(KplOptions options, IPipelineEvents events, TimeProvider time)
    {
        Events = events;
        Clock = new MonotonicClock(time);
        Timers = new TimerQueue(Clock, e => events.Unexpected("a timer", e));
        Memory = new FairMemory(options.MaxOutstandingBytes, options.MaxOutstandingRecords);
        Notifier = new FailureNotifier(events);
        Failures = new FailureTally(Clock);
        Notifier.Recent += (stream, result) => Failures.Add(stream, result.ErrorCode ?? "");
    }

    public IPipelineEvents Events { get; }

    public MonotonicClock Clock { get; }

    public TimerQueue Timers { get; }

    /// <summary>The memory limit of the process.</summary>
    public FairMemory Memory { get; }

    public FailureNotifier Notifier { get; }

    /// <summary>Counts the records that failed lately.</summary>
    public FailureTally Failures { get; }

    public BatchPool Batches { get; } = new();

    public required KplInstruments Instruments { get; init; }

    /// <summary>Has every stream free memory where it can, because a caller waits for memory.</summary>
    public required Action Relieve { get; init; }
}

/// <summary>The services shared by the streams of a producer that sends to Kinesis itself.</summary>
internal sealed class PipelineServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required IKinesisGateway Gateway { get; init; }

    public required Random Random { get; init; }

    /// <summary>How far numbers were given.</summary>
    public GivenNumbers Numbers { get; } = new();

    /// <summary>How the load of shards is observed.</summary>
    public LoadSettings Load { get; init; } = LoadSettings.Default;

    /// <summary>Creates a random source for one owner.</summary>
    public Random NewRandom()
    {
        lock (Random)
            return new Random(Random.Next());
    }
}
