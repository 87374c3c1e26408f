using System.Text;
using Orleans.Kpl.Pipeline.Tests.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Simulation;

/// <summary>A producer over <see cref="FakeKinesis"/> on fake time.</summary>
internal sealed class PipelineHarness : IAsyncDisposable
{
    public PipelineHarness(int shards = 4, Action<KplOptions>? configure = null, int seed = 1)
    {
        Kinesis = new FakeKinesis(shards);
        Options = new KplOptions();
        configure?.Invoke(Options);
        Producer = new ProducerPipeline(Options, Kinesis, Events, Time, new Random(seed), meters: Metrics);
    }

    public const string Stream = "events";

    /// <summary>More than any test needs: what has not come about after so many steps of time never does.</summary>
    public const int MostSteps = 5_000_000;

    public FakeTimeProvider Time { get; } = new();

    public FakeKinesis Kinesis { get; }

    public RecordingEvents Events { get; } = new();

    public KplOptions Options { get; }

    public ProducerPipeline Producer { get; }

    /// <summary>What the producer's meter tells.</summary>
    public MetricReader Metrics { get; } = LedgerTerms.Listen("OrderViolations");

    public static UserRecord Record(int i, int size = 20) =>
        new($"key-{i}", Encoding.UTF8.GetBytes($"data-{i}-".PadRight(size, 'x')));

    public static UserRecord[] Records(int count, int size = 20, int first = 0) => [.. Enumerable.Range(first, count).Select(i => Record(i, size))];

    public async Task<Task<RecordResult>> EnqueueAsync(UserRecord record, PutOptions? options = null) =>
        (await Producer.EnqueueAsync(Stream, record, options)).Delivery;

    /// <summary>Lets time pass in steps until the task has ended, waiting between steps until the pool has nothing to do for it.</summary>
    public async Task<T> DriveAsync<T>(Task<T> task, int stepMs = 5)
    {
        await DriveAsync((Task)task, stepMs);
        return await task;
    }

    public Task DriveAsync(Task task, int stepMs = 5) => DriveAsync(Time, task, stepMs);

    /// <summary>Lets that time pass in steps until the task has ended.</summary>
    public static async Task DriveAsync(FakeTimeProvider time, Task task, int stepMs = 5)
    {
        for (var step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < MostSteps, "the task never ended");
            await SettleAsync().ConfigureAwait(false);
            if (!task.IsCompleted)
                time.Advance(TimeSpan.FromMilliseconds(stepMs));
        }

        await task;
    }

    /// <summary>Lets so much time pass in steps, and everything run in between that can.</summary>
    public Task PassAsync(TimeSpan time, int stepMs = 50) => PassAsync(Time, time, stepMs);

    /// <summary>Lets so much time pass at once; everything that can run does before and after it.</summary>
    public async Task JumpAsync(TimeSpan time)
    {
        await SettleAsync();
        Time.Advance(time);
        await SettleAsync();
    }

    /// <summary>Lets so much of that time pass in steps, and everything run in between that can.</summary>
    public static async Task PassAsync(FakeTimeProvider time, TimeSpan span, int stepMs = 50)
    {
        var step = TimeSpan.FromMilliseconds(stepMs);
        for (var left = span; left > TimeSpan.Zero; left -= step)
        {
            await SettleAsync().ConfigureAwait(false);
            time.Advance(step);
        }

        await SettleAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Lets everything run that can run without time passing. The pool of this test program has one thread
    /// (runtimeconfig.template.json): while this holds it and nothing is queued, nothing is under way.
    /// </summary>
    public static async Task SettleAsync()
    {
        do
            await BehindTheQueueAsync().ConfigureAwait(false);
        while (ThreadPool.PendingWorkItemCount > 0);
    }

    // Not Task.Run: from a pool thread that goes before what is queued, for ever.
    private static Task BehindTheQueueAsync()
    {
        var turn = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static t => t.SetResult(), turn, preferLocal: false);
        return turn.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await DriveAsync(Producer.DisposeAsync().AsTask(), 50);
        Assert.Empty(Events.Defects);
        LedgerTerms.AssertEqual(Metrics, Producer);
        Metrics.Dispose();
    }
}
