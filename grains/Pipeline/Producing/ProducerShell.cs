using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>
/// What every producer does around its streams: finds them by name, waits for outcomes, flushes, drains, and tells of failures.
/// What a stream is, and how it takes a record, the producer itself knows.
/// </summary>
/// <typeparam name="TStream">A stream of this producer. It comes to life when it is first asked for.</typeparam>
internal abstract class ProducerShell<
    // Lazy demands it of a trimmed program; nothing here makes a stream that way.
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(KplOptions options) : IKplProducer
    where TStream : class, IProducerStream
{
    private readonly ConcurrentDictionary<string, Lazy<TStream>> _streams = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile bool _closed;
    private Task? _disposing;

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

    /// <summary>Every stream that has come to life.</summary>
    public IEnumerable<TStream> Streams => _streams.Values.Select(static s => s.Value);

    protected abstract ProducerServices Services { get; }

    protected KplOptions Options => options;

    /// <summary>Whether the producer drains, or has drained: it accepts nothing.</summary>
    protected bool IsClosed => _closed;

    public abstract ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default);

    public abstract ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default);

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        var results = batch.Results.ToArray();
        // The record of a failed result can be read only until its batch is disposed of.
        if (Array.TrueForAll(results, static r => r.IsSuccess))
            batch.Dispose();
        return results;
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is null)
            return FlushAllAsync().WaitAsync(cancellationToken);
        return Find(stream)?.FlushAsync().WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    public StreamLedger GetLedger(string stream) => Find(stream)?.Ledger ?? default;

    /// <summary>
    /// Accepts nothing more, and completes when every record has its outcome: at the latest after <see cref="KplOptions.DrainTimeout"/>, when the streams are
    /// stopped and what is left is given up. Every further call waits for the same end.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _closed = true;
            return new ValueTask(_disposing ??= DrainAsync());
        }
    }

    /// <summary>A stream of that name; null where it has not come to life.</summary>
    public TStream? Find(string stream) => _streams.TryGetValue(stream, out var found) ? found.Value : null;

    /// <summary>The stream of that name, which comes to life when it is first asked for.</summary>
    /// <exception cref="ObjectDisposedException">The producer drains, or has drained.</exception>
    public TStream GetStream(string stream)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is not null && _streams.TryGetValue(stream, out var found))
            return found.Value;
        StreamName.Check(stream!);
        return _streams.GetOrAdd(stream!, name => new Lazy<TStream>(() => NewStream(name))).Value;
    }

    protected abstract TStream NewStream(string name);

    /// <summary>Waits until every record has its outcome, or need not have one before the process ends.</summary>
    /// <exception cref="TimeoutException">It took longer than that.</exception>
    protected virtual Task DrainStreamsAsync(TimeSpan limit) => FlushAllAsync().WaitAsync(limit, Services.Clock.Time);

    /// <summary>Gives up what has no outcome yet; completes when nothing is left.</summary>
    protected abstract Task StopStreamsAsync();

    protected Task FlushAllAsync() => Task.WhenAll(Streams.Select(static s => s.FlushAsync()));

    /// <summary>A caller waits for memory.</summary>
    protected void Relieve()
    {
        foreach (var stream in Streams)
            stream.Relieve();
    }

    protected IEnumerable<Measurement<long>> Pending() =>
        Streams.Select(static s => new Measurement<long>(s.Ledger.InFlight, KplInstruments.Tags(s.Stream)));

    private async Task DrainAsync()
    {
        var closed = new ObjectDisposedException(nameof(IKplProducer), "the producer was disposed while the record waited for room");
        Services.Memory.Close(closed);
        foreach (var stream in Streams)
            stream.RejectWaiters(closed);
        try
        {
            await DrainStreamsAsync(options.DrainTimeout).ConfigureAwait(false);
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

    /// <summary>A handler that never returns must not keep the process from ending.</summary>
    private async Task TellFailuresAsync()
    {
        try
        {
            await Services.Notifier.CompleteAsync().WaitAsync(options.DrainTimeout, Services.Clock.Time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            Services.Events.HandlerThrew(e);
        }
    }
}
