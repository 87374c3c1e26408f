using System.Collections.Concurrent;
using Orleans.Kpl.Metrics.Tests.Collecting;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Metrics.Tests.Uploading;

/// <summary>The last upload has an end, whatever sinks and endpoints do: a process that stops waits for it.</summary>
public sealed class LastUploadTests
{
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(null, 30)]
    [InlineData(7, 7)]
    [InlineData(60, 30)]
    public async Task Dispose_WhoseSinkNeverEnds_TakesTheDrainLimitOrWhatIsLeft(int? left, int seconds)
    {
        var (sink, log) = (new SlowSink(), new CapturedLog());
        using var producer = new TestMeters();
        var collector = MetricsCollector.Start(new KplOptions { DrainTimeout = Drain }, log, [sink], _time, producer);
        if (left is { } s)
            collector.LimitLastUploadTo(() => TimeSpan.FromSeconds(s));
        producer.Instruments.Put("s", "a", 1, 0);

        var ending = collector.DisposeAsync().AsTask();
        await sink.Called;
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.False(ending.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await ending;
        Assert.Contains(log.Lines, l => l.Line == $"The last upload of metrics did not end within {seconds}.0 s: what it had is lost");
    }

    /// <summary>An upload is under way when the process stops, and does not end either.</summary>
    [Fact]
    public async Task Dispose_DuringAnUploadThatNeverEnds_IsNotHeldUp()
    {
        var sink = new SlowSink();
        using var producer = new TestMeters();
        var collector = MetricsCollector.Start(new KplOptions { DrainTimeout = Drain }, null, [sink], _time, producer);
        producer.Instruments.Put("s", "a", 1, 0);
        _time.Advance(TimeSpan.FromMinutes(1));
        await sink.Called;

        var ending = collector.DisposeAsync().AsTask();
        while (!ending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await ending;
    }

    /// <summary>One that did not give its thread back kept the others from theirs, and the process from its end.</summary>
    [Fact]
    public async Task Dispose_WhoseSinkBlocksItsThread_IsNotHeldUp_NorIsAnotherSink()
    {
        var (sink, other) = (new StuckSink(), new ProbeMetricsSink());
        using var producer = new TestMeters();
        var collector = MetricsCollector.Start(new KplOptions { DrainTimeout = Drain }, null, [sink, other], _time, producer);
        try
        {
            producer.Instruments.Put("s", "a", 1, 0);
            var ending = Task.Run(() => collector.DisposeAsync().AsTask(), TestContext.Current.CancellationToken);
            await sink.Called.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
            await Waiting.UntilAsync(() => other.Uploads.Count == 1);
            await _time.PassUntilAsync(() => ending.IsCompleted, TimeSpan.FromSeconds(1));
            await ending;
        }
        finally
        {
            sink.LetGo();
        }
    }

    /// <summary>One that the first request made uploaded for ever in the span and with the logging scopes of that request.</summary>
    [Fact]
    public async Task Uploads_AreNotInTheFlow_OfWhoStartedTheCollector()
    {
        var caller = new AsyncLocal<string?> { Value = "a request" };
        var (sink, seen) = (new ProbeMetricsSink(), new ConcurrentQueue<string?>());
        sink.GivesBack = _ =>
        {
            seen.Enqueue(caller.Value);
            return false;
        };
        using var producer = new TestMeters();
        await using var collector = MetricsCollector.Start(new KplOptions(), null, [sink], _time, producer);
        caller.Value = null;
        producer.Instruments.Put("s", "a", 1, 0);
        await _time.PassUntilAsync(() => !seen.IsEmpty, TimeSpan.FromSeconds(10));

        Assert.All(seen, static s => Assert.Null(s));
    }

    /// <summary>The stop cancelled it, whatever time was left: what the sink had taken already came once more.</summary>
    [Fact]
    public async Task Dispose_DuringAnUpload_LetsItEnd_AndTellsNothingTwice()
    {
        var (sink, log) = (new SlowSink(mindsItsToken: true), new CapturedLog());
        using var producer = new TestMeters();
        var collector = MetricsCollector.Start(new KplOptions { DrainTimeout = Drain }, log, [sink], _time, producer);
        producer.Instruments.Put("s", "a", 5, 0);
        _time.Advance(TimeSpan.FromMinutes(1));
        await sink.Called;
        producer.Instruments.Put("s", "a", 2, 0);
        collector.LimitLastUploadTo(() =>
        {
            sink.TakeAll();
            return Drain;
        });

        await collector.DisposeAsync();
        Assert.Equal([5, 2], sink.Puts);
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Dispose_WithNoTimeLeft_EndsAtOnce_AndSaysSo()
    {
        var log = new CapturedLog();
        using var producer = new TestMeters();
        var collector = MetricsCollector.Start(new KplOptions(), log, [new SlowSink()], _time, producer);
        collector.LimitLastUploadTo(static () => TimeSpan.Zero);
        producer.Instruments.Put("s", "a", 1, 0);
        await collector.DisposeAsync();
        Assert.Contains(log.Lines, static l => l.Line.Contains("within 0.0 s", StringComparison.Ordinal));
    }
}

/// <summary>Keeps what is uploaded, and fails as it is told.</summary>
internal sealed class ProbeMetricsSink : IMetricsSink
{
    private readonly ConcurrentQueue<IReadOnlyList<MetricSeries>> _uploads = [];

    public string Name => "Probe";

    /// <summary>How many of the next calls fail.</summary>
    public int Failures { get; set; }

    public Func<MetricSeries, bool>? GivesBack { get; set; }

    public int Calls { get; private set; }

    public IReadOnlyList<IReadOnlyList<MetricSeries>> Uploads => [.. _uploads];

    /// <summary>The sum of a metric of the whole process in one upload.</summary>
    public double SumOf(int upload, string name) => Uploads[upload].Single(m => m.Name == name && m.Dimensions.Count == 0).Sum;

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        Calls++;
        if (Failures > 0)
        {
            Failures--;
            throw new InvalidOperationException("not now");
        }

        _uploads.Enqueue(metrics);
        return Task.FromResult<IReadOnlyList<MetricSeries>>(GivesBack is { } gives ? [.. metrics.Where(gives)] : []);
    }
}

/// <summary>Keeps the thread of a call until it is told to let go.</summary>
internal sealed class StuckSink : IMetricsSink
{
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letsGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "Stuck";

    /// <summary>Completes with the first call.</summary>
    public Task Called => _called.Task;

    public void LetGo() => _letsGo.TrySetResult();

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        _called.TrySetResult();
        _letsGo.Task.Wait(CancellationToken.None);
        return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
    }
}

/// <summary>Answers a call when it is told to.</summary>
/// <param name="mindsItsToken">Whether the token ends the call before.</param>
internal sealed class SlowSink(bool mindsItsToken = false) : IMetricsSink
{
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<IReadOnlyList<MetricSeries>> _calls = [];
    private TaskCompletionSource<IReadOnlyList<MetricSeries>> _answer = new();
    private bool _takesAll;

    public string Name => "Slow";

    /// <summary>Completes with the first call.</summary>
    public Task Called => _called.Task;

    /// <summary>The records put, of each call.</summary>
    public IEnumerable<double> Puts => _calls.Select(static c => c.Single(static m => m.Name == "UserRecordsPut" && m.Dimensions.Count == 0).Sum);

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        // Before anybody learns of the call: who answers it must find its answer, and not that of the call before.
        TaskCompletionSource<IReadOnlyList<MetricSeries>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_takesAll)
            answer.SetResult([]);
        else
            _answer = answer;
        _calls.Enqueue(metrics);
        _called.TrySetResult();
        return mindsItsToken ? answer.Task.WaitAsync(cancellationToken) : answer.Task;
    }

    public void GiveBack() => _answer.SetResult(_calls.Last());

    /// <summary>Takes this call and all later ones.</summary>
    public void TakeAll()
    {
        _takesAll = true;
        _answer.SetResult([]);
    }
}
