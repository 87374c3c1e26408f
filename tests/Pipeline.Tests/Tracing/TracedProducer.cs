using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orleans.Kpl.Pipeline.Tests.Tracing;

/// <summary>A producer whose spans are kept, and a caller who is traced.</summary>
internal sealed class TracedProducer : IAsyncDisposable
{
    private readonly ActivitySource _callers = new("caller");
    private readonly ActivityListener _listener;

    public TracedProducer(int shards = 1, Action<KplOptions>? configure = null, ActivitySamplingResult sampling = ActivitySamplingResult.AllDataAndRecorded)
    {
        Harness = new PipelineHarness(shards, configure);
        _listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name == KplDiagnostics.ActivitySourceName || ReferenceEquals(s, _callers),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => sampling,
            ActivityStopped = a =>
            {
                if (a.Source.Name == KplDiagnostics.ActivitySourceName)
                    Spans.Enqueue(a);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public PipelineHarness Harness { get; }

    /// <summary>The spans that have ended.</summary>
    public ConcurrentQueue<Activity> Spans { get; } = new();

    public IReadOnlyList<Activity> Puts => [.. Spans.Where(static s => s.Kind == ActivityKind.Producer)];

    public IReadOnlyList<Activity> Calls => [.. Spans.Where(static s => s.Kind == ActivityKind.Client)];

    /// <summary>Begins the caller's own span.</summary>
    public Activity StartCaller() => _callers.StartActivity("caller")!;

    public async ValueTask DisposeAsync()
    {
        await Harness.DisposeAsync();
        _listener.Dispose();
        _callers.Dispose();
    }
}
