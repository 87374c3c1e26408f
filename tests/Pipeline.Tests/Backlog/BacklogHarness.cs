using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Tests.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Producers one after the other, over one store and one Kinesis, on fake time: a process that is dropped, and its successor.</summary>
internal sealed class BacklogHarness : IAsyncDisposable
{
    private readonly List<(ProducerPipeline Producer, MetricReader Metrics)> _started = [];

    public BacklogHarness(int shards = 4, Action<KplOptions>? configure = null, bool beginsAnew = false)
    {
        Store.BeginsAnew = beginsAnew;
        Kinesis = new FakeKinesis(shards);
        Options = new KplOptions();
        configure?.Invoke(Options);
        Producer = Start();
    }

    public const string Stream = "backlog";

    public static PutOptions Persisted { get; } = new() { AckLevel = AckLevel.Persisted };

    public FakeTimeProvider Time { get; } = new();

    public FakeKinesis Kinesis { get; }

    public MemoryBacklogStore Store { get; } = new();

    public RecordingEvents Events { get; private set; } = new();

    public KplOptions Options { get; }

    public ProducerPipeline Producer { get; private set; }

    public StreamBacklog Backlog => Producer.Find(Stream)!.Backlog!;

    public MetricReader Metrics => _started[^1].Metrics;

    public StreamLedger Ledger => Producer.GetLedger(Stream);

    /// <summary>What consumers see of each record, by its data.</summary>
    public Dictionary<string, int> Seen =>
        Kinesis.Records.Where(static r => r.VisibleToKcl).GroupBy(static r => r.Data).ToDictionary(static g => g.Key, static g => g.Count());

    /// <summary>Lets the process vanish: nothing it does from now on reaches Kinesis or the store.</summary>
    public void Crash()
    {
        _process.IsGone = true;
        Events = new RecordingEvents();
        Producer = Start();
    }

    /// <summary>Has the stream's shards read: no later put waits for that.</summary>
    public async Task OpenAsync()
    {
        var stream = Producer.Uses.Get(Stream);
        await DriveUntilAsync(() => stream.HasMap);
    }

    public async Task<Task<RecordResult>> PutAsync(UserRecord record, PutOptions? options = null) =>
        (await DriveAsync(Producer.EnqueueAsync(Stream, record, options).AsTask())).Delivery;

    public async Task<Task<IReadOnlyList<RecordResult>>> PutAsync(UserRecord[] records, PutOptions? options = null) =>
        (await DriveAsync(Producer.EnqueueAsync(Stream, records, options).AsTask())).Delivery;

    /// <summary>Puts a record that is to be persisted, and returns its result.</summary>
    public async Task<RecordResult> PersistAsync(UserRecord record, int stepMs = 5) => await DriveAsync(await PutAsync(record, Persisted), stepMs);

    /// <summary>Puts records that are to be persisted, and returns their results.</summary>
    public async Task<IReadOnlyList<RecordResult>> PersistAsync(UserRecord[] records, int stepMs = 5) =>
        await DriveAsync(await PutAsync(records, Persisted), stepMs);

    /// <summary>Lets time pass until no record waits any more, in memory or in the store.</summary>
    public Task EndAllAsync(int stepMs = 5) => DriveUntilAsync(() => Ledger is { InFlight: 0, InBacklog: 0 }, stepMs);

    public async Task<T> DriveAsync<T>(Task<T> task, int stepMs = 5)
    {
        await DriveAsync((Task)task, stepMs);
        return await task;
    }

    public async Task DriveAsync(Task task, int stepMs = 5)
    {
        await DriveUntilAsync(() => task.IsCompleted, stepMs);
        await task;
    }

    /// <summary>Lets time pass until that is so.</summary>
    public async Task DriveUntilAsync(Func<bool> isSo, int stepMs = 5)
    {
        await PipelineHarness.SettleAsync().ConfigureAwait(false);
        for (var step = 0; !isSo(); step++)
        {
            if (step == PipelineHarness.MostSteps)
                Assert.Fail($"never: {Ledger} {Backlog.Status} {string.Join('|', Events.Said.TakeLast(10))}");
            Time.Advance(TimeSpan.FromMilliseconds(stepMs));
            CheckLedger();
            await PipelineHarness.SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Lets so much time pass.</summary>
    public async Task PassAsync(TimeSpan time, int stepMs = 5)
    {
        var end = Time.GetUtcNow() + time;
        await DriveUntilAsync(() => Time.GetUtcNow() >= end, stepMs);
    }

    /// <summary>What is found by who checks all numbers that this process gave against those that consumers see.</summary>
    /// <param name="failed">The numbers of records that failed or were set aside; null where one had none.</param>
    public DeliveryReport VerifyNumbers(params IEnumerable<string?> failed)
    {
        var verifier = new DeliveryVerifier(new DeliveryWindow(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue) { IsFromCreation = true });
        foreach (var record in Kinesis.Records.Where(static r => r.VisibleToKcl))
            verifier.Note(record.Number, record.ShardId, DateTimeOffset.UnixEpoch);
        foreach (var number in failed)
        {
            if (ProducerNumber.TryParse(number, out var known))
                verifier.NoteFailed(known);
        }

        foreach (var line in Producer.NumbersOf(Stream).Lines)
        {
            Assert.True(ProducerNumber.TryParse(line.ProducerNumber, out var last));
            verifier.NoteLast(last, line.BegunAt, line.GivenAt, line.IsInBacklog);
        }

        return verifier.GetReport(Time.GetUtcNow().AddDays(1));
    }

    public void CheckLedger()
    {
        var l = Ledger;
        Assert.True(
            l.InFlight >= 0 && l.InBacklog >= 0 && l.DeadLettered >= 0
            && l.Accepted == l.Delivered + l.Failed + l.Unknown + l.InFlight + l.InBacklog + l.DeadLettered,
            l.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        Store.IsDown = Store.IsFull = Store.LosesAcknowledgements = false;
        Store.Release();
        await DriveAsync(Producer.DisposeAsync().AsTask(), 50);
        CheckLedger();
        Assert.Equal(0, Producer.OutstandingRecords);
        Assert.Empty(Events.Defects);
        foreach (var (producer, metrics) in _started)
        {
            LedgerTerms.AssertEqual(metrics, producer);
            metrics.Dispose();
        }
    }

    private VanishingProcess _process = null!;

    private ProducerPipeline Start()
    {
        _process = new VanishingProcess(Kinesis, Store);
        var metrics = LedgerTerms.Listen("BacklogStoreUnusable", "BacklogSegmentsDamaged", "AcceptWait");
        var producer = new ProducerPipeline(
            Options, _process.Kinesis, Events, Time, new Random(1 + _started.Count), backlog: new BacklogServices { Store = _process }, meters: metrics);
        _started.Add((producer, metrics));
        return producer;
    }
}
