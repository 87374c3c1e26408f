using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

/// <summary>The instruments of a producer that does nothing, and a collector that hears them alone.</summary>
internal sealed class TestInstruments : IMeterFactory, IAsyncDisposable
{
    /// <summary>No try of an upload waits longer.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(3);

    /// <summary>So often a task is looked at that waits for nothing near, half a minute: a busy machine may need seconds for a call.</summary>
    private const int MostLooks = 6_000;

    private readonly List<Meter> _meters = [];

    public TestInstruments(Action<MetricsOptions>? configure = null, params IMetricsSink[] sinks)
        : this(Configured(configure), null, sinks)
    {
    }

    public TestInstruments(KplOptions options, TimeProvider? time = null, params IMetricsSink[] sinks)
    {
        Collector = MetricsCollector.Start(options, sinks: sinks, time: time ?? Time, meters: this);
        Instruments = Make(ProducerRole.Embedded);
    }

    public FakeTimeProvider Time { get; } = new();

    public MetricsCollector Collector { get; }

    public KplInstruments Instruments { get; }

    /// <summary>Makes the instruments of one more producer.</summary>
    public KplInstruments Make(ProducerRole role, params IMeasuredStream[] streams) => new(role, () => streams, Listening.Throws, this);

    /// <summary>Keeps the latest meter no longer; it must be disposed by its producer.</summary>
    public WeakReference ForgetLast()
    {
        var last = new WeakReference(_meters[^1]);
        _meters.RemoveAt(_meters.Count - 1);
        return last;
    }

    /// <summary>Returns the values of a metric, each in a line.</summary>
    public IReadOnlyList<string> Read(string name) => [.. Collector.InMemory.ByName(name).Select(static m => m.ToString())];

    /// <summary>
    /// Lets time pass until a task has ended: while something waits for no more than a few seconds of it, and else only when the task gets no further. The
    /// limit of the last upload would otherwise be over before a thread has begun with it.
    /// </summary>
    public async Task DriveAsync(Task task)
    {
        var looks = 0;
        await Waiting.UntilAsync(() =>
        {
            if (!task.IsCompleted && (Time.IsDueWithin(LongestTry) || ++looks > MostLooks))
                Time.Advance(TimeSpan.FromSeconds(1));
            return task.IsCompleted;
        });
        await task;
    }

    private static KplOptions Configured(Action<MetricsOptions>? configure)
    {
        var options = new KplOptions();
        configure?.Invoke(options.Metrics);
        return options;
    }

    public Meter Create(MeterOptions options)
    {
        options.Scope ??= this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static m => m.Dispose());

    public async ValueTask DisposeAsync()
    {
        // The last upload may wait for a try of its own.
        await DriveAsync(Collector.DisposeAsync().AsTask());
        Dispose();
    }
}
