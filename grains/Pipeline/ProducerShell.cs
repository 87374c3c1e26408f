using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The work of every producer around its streams beside accepting records: it flushes, drains and reports failures. The derived producer defines what a
/// stream is and how the stream accepts a record.
/// </summary>
/// <typeparam name="TStream">A stream of this producer. It is created at its first use.</typeparam>
internal abstract class ProducerShell<TStream> : ProducerRoad, IKplProducer
    where TStream : class, IOpenStream
{
    /// <summary>How long handlers of failures may take in a stop of more than the producer, and a store at the end of a drain in any case.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);

    /// <summary>How long both may take at least, also where neither the drain nor the stop has any time.</summary>
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The time between two rounds of all streams that free memory. Each put that waits asks for one, and of thousands of streams a round takes milliseconds.
    /// </summary>
    private static readonly TimeSpan ReliefPause = TimeSpan.FromMilliseconds(10);

    private readonly StreamLedgers _ledgers = new();
    private readonly SharedWork _relieving = new(ReliefPause, ReliefPause);
    private readonly Lock _lock = new();
    private Task? _disposing;
    private StopBudget? _stop;
    private long _drainBegan;

    protected ProducerShell(KplOptions options)
    {
        (Options, Uses) = (options, new ProducerStreams<TStream>(NewStream, () => Services.Clock.Time, s => options.GetStream(s).Ordered != OrderedMode.Off));
        BufferPool.KeepUpTo(options.MaxOutstandingBytes);
    }

    public event Action<RecordFailure>? RecordFailed
    {
        add => Services.Notifier.Handlers += value;
        remove => Services.Notifier.Handlers -= value;
    }

    public long OutstandingRecords => Services.Memory.Records;

    public long OutstandingBytes => Services.Memory.Bytes;

    public TimeSpan OldestRecordAge
    {
        get
        {
            var oldest = Streams.Select(static s => s.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min();
            return oldest == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(0, Services.Clock.Now - oldest));
        }
    }

    /// <summary>The records that failed lately.</summary>
    public FailureTally Failures => Services.Failures;

    public virtual KplHealth Health => new() { OldestRecordAge = OutstandingRecords == 0 ? null : OldestRecordAge, Failures = Failures.Latest(IsOwn) };

    /// <summary>Every stream that has been made.</summary>
    public IEnumerable<TStream> Streams => Uses.All;

    /// <summary>The streams, for those that keep them open while they use them.</summary>
    public ProducerStreams<TStream> Uses { get; }

    protected abstract ProducerServices Services { get; }

    /// <summary>Tells of the streams whose ledger is not kept any more: <see cref="StreamLedgers"/>.</summary>
    protected event Action<string>? Forgotten
    {
        add => _ledgers.Forgotten += value;
        remove => _ledgers.Forgotten -= value;
    }

    protected KplOptions Options { get; }

    /// <summary>How long records may take to end from now on.</summary>
    private TimeSpan DrainLimit => _stop?.ForRecords ?? Options.DrainTimeout;

    /// <summary>How long a store may take to be closed once every record has ended: for as long as the drain has time, and a moment at least.</summary>
    protected TimeSpan ClosingLimit
    {
        get
        {
            var left = Options.DrainTimeout - TimeSpan.FromTicks(Services.Clock.Now - _drainBegan);
            var limit = left > Moment ? left : Moment;
            limit = _stop?.ForClosing is { } most && most < limit ? most : limit;
            return limit > Instant ? limit : Instant;
        }
    }

    /// <summary>Whether the producer drains or has drained, and therefore accepts nothing.</summary>
    protected bool IsClosed => Uses.IsClosed;

    /// <summary>Whether records can be kept durably.</summary>
    public abstract bool HasBacklog { get; }

    /// <summary>The puts by ARN; null where streams have names alone.</summary>
    protected virtual NamedPuts? Named => null;

    public sealed override ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        AcceptAsync<EnqueuedRecord, RecordPut>(stream, new RecordPut(record), options, cancellationToken);

    public sealed override ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        AcceptAsync<EnqueuedBatch, BatchPut>(stream, new BatchPut(records), options, cancellationToken);

    public virtual Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsClosed, typeof(IKplProducer));
        if (stream is null)
            return FlushAllAsync().WaitAsync(cancellationToken);
        return Find(stream)?.FlushAsync().WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>The ledger of a stream, from the first record on: it is kept while the stream is closed.</summary>
    public virtual StreamLedger GetLedger(string stream) => _ledgers.Of(stream);

    /// <summary>How many dead letters of all streams were accepted anew: <see cref="BacklogLedger.RequeuedTotal"/>.</summary>
    public long RequeuedTotal => _ledgers.RequeuedTotal;

    /// <summary>How often a stream has closed because it was idle.</summary>
    public long IdleClosings => Uses.Closed;

    /// <summary>The ledger of each stream that has been used, those that have closed included.</summary>
    public IEnumerable<KeyValuePair<string, StreamLedger>> Ledgers => _ledgers.All;

    /// <summary>The ledger of all streams together, those that have closed included.</summary>
    public StreamLedger ReadLedger() => _ledgers.Sum();

    /// <summary>
    /// Stops accepting records, and completes when every record has its outcome. After <see cref="KplOptions.DrainTimeout"/> the streams are stopped
    /// and the remaining records are given up. Every further call returns the same completion.
    /// </summary>
    public virtual ValueTask DisposeAsync()
    {
        Uses.Close();
        Named?.Close();
        lock (_lock)
            return new ValueTask(_disposing ??= DrainAsync());
    }

    /// <summary>Has a drain take no longer than its part of a stop that has other parts too.</summary>
    public void LimitDrainTo(StopBudget stop) => _stop = stop;

    /// <summary>Returns the stream of that name; null where it has not been created.</summary>
    public TStream? Find(string stream) => Uses.Find(stream);

    /// <summary>Makes a stream, which counts its records in this ledger.</summary>
    protected abstract TStream NewStream(string name, BacklogLedger ledger);

    /// <summary>
    /// From now on closes each stream that nobody has used for so long and that holds nothing; called before the first use. Each later use must be
    /// counted, by <see cref="Uses"/>.
    /// </summary>
    protected void CloseIdle(TimeSpan after, Func<TStream, IdleStep> look, Func<TStream, Task> stop, Action<TStream>? release = null) =>
        Uses.CloseIdle(Services, after, look, s => _ledgers.CloseAsync(s.Stream, stop(s)), release);

    /// <summary>Waits until every record has its outcome, or needs none before the process stops.</summary>
    /// <exception cref="TimeoutException">The limit has passed.</exception>
    protected virtual Task DrainStreamsAsync(TimeSpan limit) => FlushLastAsync().WaitAsync(limit, Services.Clock.Time);

    /// <summary>Gives up all records without an outcome, and completes when none is left.</summary>
    protected abstract Task StopStreamsAsync();

    /// <summary>Completes when every record has its outcome, also those of puts that were given room in the last moment and have not gone in yet.</summary>
    protected async Task FlushLastAsync()
    {
        _ = FlushAllAsync();
        await Uses.AwaitPutsAsync().ConfigureAwait(false);
        await FlushAllAsync().ConfigureAwait(false);
    }

    protected Task FlushAllAsync() => Task.WhenAll(Streams.Select(static s => s.FlushAsync()));

    /// <summary>Has every stream free memory, because a caller waits for it: at once, or when the pause after the last round is over.</summary>
    protected void Relieve() => _relieving.Ask(
        () =>
        {
            foreach (var stream in Streams)
                stream.Relieve();
            return Task.Delay(ReliefPause, Services.Clock.Time);
        },
        e => Services.Events.Unexpected("freeing memory", e), Services.Clock.Time);

    /// <summary>Whether the settings name a stream, or it took a record: it is there, or somebody deleted it.</summary>
    private bool IsOwn(string stream) => _ledgers.Of(stream).Delivered > 0 || Options.ConfiguredStreams.Contains(stream);

    private TStream NewStream(string name)
    {
        // A name keeps its case, and variables of the environment are often written in capitals.
        var configured = Options.ConfiguredStreams;
        if (!configured.Contains(name) && configured.FirstOrDefault(s => s.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } given)
            Services.Events.SettingsUnused(given, name);
        return NewStream(name, _ledgers.Open(name));
    }

    /// <summary>Has a put accepted, under the canonical name of its stream.</summary>
    protected ValueTask<T> AcceptAsync<T, TPut>(string stream, in TPut put, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T> =>
        Named is { } named
            ? named.FindNow(stream) is { } name
                ? AcceptUnderAsync<T, TPut>(name, put, options, cancellationToken)
                : AcceptUnnamedAsync<T, TPut>(named, stream, put, options, cancellationToken)
            : AcceptUnderAsync<T, TPut>(stream, put, options, cancellationToken);

    private ValueTask<T> AcceptUnderAsync<T, TPut>(string name, in TPut put, PutOptions? options, CancellationToken cancellationToken, bool isTraced = false)
        where TPut : struct, IPut<T>
    {
        if (!isTraced && PutSpan.IsWanted)
            return TraceAsync<T, TPut>(name, put, options, cancellationToken);
        PutOptionsValidator.Check(options, HasBacklog);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<T>(cancellationToken)
            : Uses.AcceptAsync<T, TPut>(name, put, options, cancellationToken);
    }

    /// <summary>Puts when it is known whose stream the ARN names. A method of its own: what its lambdas need is allocated only here.</summary>
    private ValueTask<T> AcceptUnnamedAsync<T, TPut>(NamedPuts named, string arn, TPut put, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T>
    {
        PutOptionsValidator.Check(options, HasBacklog);
        return named.InTurnAsync(arn, (name, left) => AcceptUnderAsync<T, TPut>(name, put, left, cancellationToken), Fail, options, cancellationToken);

        T Fail(KinesisException why)
        {
            // There is no stream, with its ledger and its telemetry, that would tell of the records.
            Services.Events.ArnUntold(arn, why.Code, why.Message);
            var failed = put.Fail(why);
            Failures.Add(arn, why.Code, put.Count);
            return failed;
        }
    }

    private async ValueTask<T> TraceAsync<T, TPut>(string name, TPut put, PutOptions? options, CancellationToken cancellationToken)
        where TPut : struct, IPut<T>
    {
        var span = put.Begin(name, Services.Events.HandlerThrew);
        try
        {
            var accepted = await AcceptUnderAsync<T, TPut>(name, put, options, cancellationToken, isTraced: true).ConfigureAwait(false);
            if (span is not null)
                await put.EndAsync(span, accepted).ConfigureAwait(false);
            return accepted;
        }
        catch (Exception error)
        {
            span?.Refuse(error);
            throw;
        }
    }

    private async Task DrainAsync()
    {
        _drainBegan = Services.Clock.Now;
        // It holds no record. One whose store hangs is waited for once more when every record has ended.
        await Uses.StopClosingAsync().EndsWithin(DrainLimit < Moment ? DrainLimit : Moment, Services.Clock.Time).ConfigureAwait(false);
        const string closed = "the producer was disposed while the record waited for memory";
        Services.Memory.Close(closed);
        foreach (var stream in Streams)
            stream.RejectWaiters(closed);
        try
        {
            await DrainStreamsAsync(DrainLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Services.Events.DrainCut(Services.Memory.Records);
        }

        await StopStreamsAsync().ConfigureAwait(false);
        await TellFailuresAsync().ConfigureAwait(false);
        Services.Timers.Dispose();
        Services.Instruments.Dispose();
    }

    /// <summary>Reports the remaining failures. A handler that never returns must not keep the process from stopping.</summary>
    private async Task TellFailuresAsync()
    {
        // Nothing of the time to stop may be left by now, but handlers that return need a moment.
        var limit = _stop is null || Options.DrainTimeout < Moment ? Options.DrainTimeout : Moment;
        limit = limit < Instant ? Instant : limit;
        if (!await Services.Notifier.CompleteAsync().EndsWithin(limit, Services.Clock.Time).ConfigureAwait(false))
            Services.Events.HandlerThrew(FailureNotifier.Handler, new TimeoutException());
    }
}

/// <summary>One stream of a producer, as far as every producer treats its streams alike.</summary>
internal interface IOpenStream
{
    /// <summary>The stream's name.</summary>
    string Stream { get; }

    /// <summary>Accepts a record.</summary>
    ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>Accepts a batch.</summary>
    ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken);

    /// <summary>When the oldest record that has no outcome yet was accepted; <see cref="long.MaxValue"/> for none.</summary>
    long OldestAcceptedAt();

    /// <summary>Sends every record accepted before this call without linger, and completes when each has its outcome.</summary>
    Task FlushAsync();

    /// <summary>Sends records that would otherwise linger, where that frees memory for a waiting caller.</summary>
    void Relieve();

    /// <summary>Rejects every caller that waits for memory.</summary>
    void RejectWaiters(string reason);
}

/// <summary>Validates the options of one put.</summary>
internal static class PutOptionsValidator
{
    /// <summary>Checks the options of one put, before anything is accepted.</summary>
    /// <exception cref="NotSupportedException">The options ask for the backlog, and there is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static void Check(PutOptions? options, bool hasBacklog)
    {
        if (options?.AckLevel is < AckLevel.Delivered or > AckLevel.Accepted)
            throw new ArgumentOutOfRangeException(nameof(options), options.AckLevel, "AckLevel must be Accepted, Persisted or Delivered");
        if (options?.AckLevel == AckLevel.Persisted && !hasBacklog)
            throw new NotSupportedException("AckLevel Persisted needs the durable backlog, and this process was started without one: Kpl:Backlog:Directory names a folder for it, and --data of the local tier");
        if (options?.TimeToLive is { } ttl && (ttl < TimeSpan.FromMilliseconds(1) || ttl > TimeSpan.FromDays(24)))
            throw new ArgumentOutOfRangeException(nameof(options), ttl, "TimeToLive must be 1 millisecond to 24 days");
    }
}
