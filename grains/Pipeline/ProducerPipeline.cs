using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>All streams of one process behind <see cref="IKplProducer"/>. A stream comes to life with its first record.</summary>
internal sealed class ProducerPipeline : IKplProducer
{
    /// <summary>How often a drain looks whether it need go on.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Between two tries to read the backlog's store.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly KplOptions _options;
    private readonly PipelineServices _services;
    private readonly ConcurrentDictionary<string, Lazy<StreamPipeline>> _streams = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private volatile bool _closed;
    private Task? _disposing;

    public ProducerPipeline(KplOptions options, IKinesisGateway gateway, IPipelineEvents events, TimeProvider time, Random random,
        Func<StreamPipeline, IShardOwners>? owners = null, BacklogServices? backlog = null)
    {
        _options = options;
        BufferPool.KeepUpTo(options.MaxOutstandingBytes);
        var clock = new MonotonicClock(time);
        _services = new PipelineServices
        {
            Gateway = gateway,
            Events = events,
            Clock = clock,
            Timers = new TimerQueue(clock, e => events.Unexpected("a timer", e)),
            Room = new Room(options.MaxOutstandingBytes, options.MaxOutstandingRecords),
            Notifier = new FailureNotifier(events),
            Instruments = new KplInstruments(Pending, ForeignShares, backlog is null ? null : Backlogs),
            Random = random,
            Relieve = Relieve,
            Owners = owners,
            Backlog = backlog,
            Load = LoadSettings.Default with { KeepKeyText = options.LogKeys },
        };
        Recovered = backlog is null ? Task.CompletedTask : RecoverAsync(backlog);
    }

    /// <summary>Whether records can be kept durably.</summary>
    public bool HasBacklog => _services.Backlog is not null;

    /// <summary>Completes when every stream of which the store has records has come to life; they are replayed then, nobody calling.</summary>
    public Task Recovered { get; }

    public event Action<RecordFailure>? RecordFailed
    {
        add => _services.Notifier.Handlers += value;
        remove => _services.Notifier.Handlers -= value;
    }

    public long OutstandingRecords => _services.Room.Records;

    public long OutstandingBytes => _services.Room.Bytes;

    public TimeSpan OldestRecordAge
    {
        get
        {
            var oldest = Streams.Select(static s => s.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min();
            return oldest == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(0, _services.Clock.Now - oldest));
        }
    }

    public ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        CheckOptions(options, HasBacklog);
        return Of(stream).EnqueueAsync(record, options, cancellationToken);
    }

    public ValueTask<EnqueuedBatch> EnqueueAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        CheckOptions(options, HasBacklog);
        return Of(stream).EnqueueAsync(records, options, cancellationToken);
    }

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    public async ValueTask<RecordResult[]> PutAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        var results = batch.Results.ToArray();
        // Failed ones can be read only while their batch is there.
        if (Array.TrueForAll(results, static r => r.IsSuccess))
            batch.Dispose();
        return results;
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is null)
            return FlushAllAsync().WaitAsync(cancellationToken);
        return _streams.TryGetValue(stream, out var pipeline) ? pipeline.Value.FlushAsync().WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    public StreamLedger GetLedger(string stream) =>
        _streams.TryGetValue(stream, out var pipeline) ? pipeline.Value.Ledger : default;

    /// <summary>
    /// Tells that the stream is about to be resharded and where its new shards will start. Until the map shows them, the boundaries
    /// are withdrawn or ten minutes have passed, no Kinesis record holds members of two of them.
    /// </summary>
    /// <returns>Completes when no Kinesis record that straddles a boundary is in flight any more: then it is time to reshard.</returns>
    public Task AnnounceBoundaries(string stream, IReadOnlyCollection<UInt128> hashKeys) => Of(stream).AnnounceBoundaries(hashKeys);

    /// <summary>The reshard that was announced does not come.</summary>
    public void WithdrawBoundaries(string stream, IReadOnlyCollection<UInt128> hashKeys) => Of(stream).WithdrawBoundaries(hashKeys);

    /// <summary>
    /// Drains within <see cref="KplOptions.DrainTimeout"/>, sooner where all that is left is in the backlog and Kinesis takes nothing. What is left then goes to
    /// the backlog, or ends with code Shutdown.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            return new ValueTask(_disposing ??= DrainAsync());
        }
    }

    /// <summary>The same; null where it has not come to life.</summary>
    public StreamPipeline? Find(string stream) => _streams.TryGetValue(stream, out var pipeline) ? pipeline.Value : null;

    /// <summary>Every stream that has come to life.</summary>
    public IEnumerable<StreamPipeline> Streams => _streams.Values.Select(static s => s.Value);

    /// <summary>The pipeline of a stream, which comes to life with the first asking.</summary>
    /// <exception cref="ObjectDisposedException">The producer is drained.</exception>
    public StreamPipeline Of(string stream)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is not null && _streams.TryGetValue(stream, out var pipeline))
            return pipeline.Value;
        StreamName.Check(stream!);
        return _streams.GetOrAdd(stream!, name => new Lazy<StreamPipeline>(() => new StreamPipeline(name, _options.GetStream(name), _services))).Value;
    }

    /// <summary>Whether a put may ask for that.</summary>
    /// <exception cref="NotSupportedException">It needs what this version does not have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static void CheckOptions(PutOptions? options, bool hasBacklog = false)
    {
        if (options?.AckLevel == AckLevel.Persisted && !hasBacklog)
            throw new NotSupportedException("AckLevel Persisted needs the durable backlog, and this process was started without one");
        if (options?.TimeToLive is { } ttl && (ttl < TimeSpan.FromMilliseconds(1) || ttl > TimeSpan.FromDays(24)))
            throw new ArgumentOutOfRangeException(nameof(options), ttl, "TimeToLive must be 1 millisecond to 24 days");
    }

    /// <summary>Callers' records first, then what came out of the backlog.</summary>
    private async Task DrainAllAsync()
    {
        await FlushAllAsync().ConfigureAwait(false);
        await Task.WhenAll(Streams.Select(static s => s.DrainBacklogAsync())).ConfigureAwait(false);
    }

    /// <summary>Completes when all that remains is in the backlog and Kinesis takes nothing.</summary>
    private async Task UntilKeptAsync(CancellationToken cancellationToken)
    {
        var patience = new DrainPatience();
        while (!patience.IsOver(_services.Clock.Now, Streams.Sum(static s => s.Ledger.Delivered), HasBacklog && Streams.All(static s => s.IsKept), CallTime()))
            await Task.Delay(LookEvery, _services.Clock.Time, cancellationToken).ConfigureAwait(false);
    }

    private TimeSpan CallTime() => Streams.Where(static s => s.IsSending).Select(static s => s.RequestTimeout).DefaultIfEmpty().Max();

    private async Task RecoverAsync(BacklogServices backlog)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var backoff = new Backoff(FirstWait, LastWait);
        while (!_closed)
        {
            try
            {
                var streams = await backlog.Store.ListStreamsAsync(CancellationToken.None).ConfigureAwait(false);
                await Task.WhenAll(streams.Select(s => Of(s).Backlog!.Open())).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (_closed && e is ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (BacklogStoreException e)
            {
                _services.Events.BacklogDown("", e.Message);
            }
            catch (Exception e)
            {
                _services.Events.Unexpected("opening the backlog", e);
                return;
            }

            await Task.Delay(backoff.Next(), _services.Clock.Time).ConfigureAwait(false);
        }
    }

    private IEnumerable<(string Stream, BacklogStatus Status)> Backlogs() =>
        Streams.Where(static s => s.Backlog is not null).Select(static s => (s.Stream, s.Backlog!.Status));

    private Task FlushAllAsync() => Task.WhenAll(Streams.Select(static s => s.FlushAsync()));

    private void Relieve()
    {
        foreach (var stream in Streams)
            stream.Relieve();
    }

    private IEnumerable<Measurement<long>> Pending() => Streams.Select(static s =>
        new Measurement<long>(s.Ledger.InFlight, KplInstruments.Tags(s.Stream)));

    private IEnumerable<Measurement<double>> ForeignShares() => Streams.SelectMany(static s => s.ForeignShares());

    /// <summary>A handler that never returns must not keep the process from ending.</summary>
    private async Task TellFailuresAsync()
    {
        try
        {
            await _services.Notifier.CompleteAsync().WaitAsync(_options.DrainTimeout, _services.Clock.Time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            _services.Events.HandlerThrew(e);
        }
    }

    private async Task DrainAsync()
    {
        var closed = new ObjectDisposedException(nameof(IKplProducer), "the producer was disposed while the record waited for room");
        _services.Room.Close(closed);
        foreach (var stream in Streams)
            stream.CloseRoom(closed);
        try
        {
            using var over = new CancellationTokenSource();
            var first = await Task.WhenAny(DrainAllAsync(), UntilKeptAsync(over.Token)).WaitAsync(_options.DrainTimeout, _services.Clock.Time).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _services.Events.DrainCut(_services.Room.Records);
        }

        await Task.WhenAll(Streams.Select(static s => s.StopAsync())).ConfigureAwait(false);
        await TellFailuresAsync().ConfigureAwait(false);
        _services.Timers.Dispose();
        _services.Instruments.Dispose();
    }
}
