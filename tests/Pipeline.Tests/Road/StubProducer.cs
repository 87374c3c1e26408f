using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Road;

/// <summary>A producer whose batches end at once, all with the same result.</summary>
internal sealed class StubProducer : ProducerShell<StubStream>
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RecordResult _result;
    private readonly StubServices _services;

    /// <param name="result">How each record ends; the default is a delivery.</param>
    /// <param name="closesSlowly">Whether idle streams close, when <see cref="Closed"/> says so.</param>
    /// <param name="ordered">Whether its streams keep the order of puts.</param>
    public StubProducer(RecordResult? result = null, bool closesSlowly = false, OrderedMode ordered = OrderedMode.Off)
        : base(new KplOptions { Ordered = ordered })
    {
        _result = result ?? RecordResult.Delivered("shardId-000000000000", "1", 0, []);
        _services = new StubServices(new KplOptions(), Events, Time)
        {
            Instruments = new KplInstruments(ProducerRole.Embedded, () => Streams, Listening.Throws),
            Relieve = Relieve,
        };
        if (!closesSlowly)
            return;
        CloseIdle(IdleLimit, _ => Look(), _ =>
        {
            _closing.TrySetResult();
            return Closed.Task;
        });
    }

    public FakeTimeProvider Time { get; } = new();

    public RecordingEvents Events { get; } = new();

    /// <summary>Says what becomes of an idle stream.</summary>
    public Func<IdleStep> Look { get; set; } = static () => IdleStep.Close;

    public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The batch that was accepted last.</summary>
    public BatchOutcome Batch { get; private set; } = null!;

    /// <summary>With which options it was.</summary>
    public PutOptions? LastOptions { get; private set; }

    /// <summary>The first key of each batch that was accepted, in that order.</summary>
    public List<string> Keys { get; } = [];

    public int Stops { get; private set; }

    /// <summary>Why no stream can be made; null where one can.</summary>
    public Exception? CannotMake { get; set; }

    public StubStream OnlyStream => Streams.Single();

    public override bool HasBacklog => false;

    protected override ProducerServices Services => _services;

    /// <summary>Does what a stream does for a caller that waits for memory.</summary>
    public void CallerWaits() => _services.Relieve();

    /// <summary>Lets time pass until idle streams are looked at again.</summary>
    public void PassToNextLook() => Time.Advance(IdleLimit / 10);

    public Task UntilClosingAsync()
    {
        for (var passed = TimeSpan.Zero; passed < 2 * IdleLimit; passed += IdleLimit / 10)
            PassToNextLook();
        return _closing.Task.WaitAsync(Waiting.Long);
    }

    /// <summary>Accepts a batch, as its only stream is asked to.</summary>
    public EnqueuedBatch Accept(ReadOnlyMemory<UserRecord> records, PutOptions? options)
    {
        LastOptions = options;
        lock (Keys)
            Keys.Add(records.Span[0].PartitionKey);
        Batch = new BatchOutcome(records.Length);
        for (var i = 0; i < records.Length; i++)
            Batch.End(i, _result);
        Batch.AllHandedOver();
        return Batch;
    }

    protected override StubStream NewStream(string name, BacklogLedger ledger) => CannotMake is { } why ? throw why : new(name, this);

    protected override Task StopStreamsAsync()
    {
        Stops++;
        return Task.CompletedTask;
    }

    private sealed class StubServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time);
}

internal sealed class StubStream(string name, StubProducer producer) : IOpenStream, IMeasuredStream
{
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public async ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        await (Room?.Task ?? Task.CompletedTask);
        return producer.Accept(records, options);
    }

    public string Stream => name;

    public StreamLedger Ledger => default;

    public long OutstandingBytes => 0;

    public TimeSpan OldestRecordAge => TimeSpan.Zero;

    public long Oldest { get; set; } = long.MaxValue;

    public TaskCompletionSource? Flush { get; set; }

    /// <summary>How many batches had gone in at the last flush.</summary>
    public int Flushed { get; private set; }

    /// <summary>What puts wait for before they go in; null where they do not wait.</summary>
    public TaskCompletionSource? Room { get; set; }

    public long OldestAcceptedAt() => Oldest;

    public Task FlushAsync()
    {
        Flushed = producer.Keys.Count;
        return Flush?.Task ?? Task.CompletedTask;
    }

    public int Reliefs { get; private set; }

    public void Relieve() => Reliefs++;

    public void RejectWaiters(string reason)
    {
    }
}
