using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Client;
using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl;

/// <summary>
/// The producer over an Orleans cluster: records go, packed, to the silos of a tier, which share the shards of each stream between
/// them, so that a shard's limits hold whoever produces. The same API as the embedded producer.
/// </summary>
/// <remarks>
/// Of the settings those of room, time-to-live, high-water mode, acknowledgement and draining are this process'; all about Kinesis is the
/// silos'. While no silo can be reached records wait here, within their time-to-live; a full room is back-pressure. A record whose
/// silo was lost before it told the record's end ends with status <see cref="RecordStatus.Unknown"/> and code
/// <see cref="RecordErrorCodes.OwnerLost"/>: Kinesis may have it. A record larger than its stream takes ends as failed with
/// <see cref="RecordErrorCodes.RecordTooLarge"/>: only a silo knows the stream's limit.
/// <see cref="AckLevel.Persisted"/> and what spills is the silos' backlog: what they say is persisted counts here as in the backlog, for good: its delivery
/// is the tier's. A tier without one ends such records as failed with <see cref="RecordErrorCodes.NotSupported"/>.
/// One is enough for all streams of a process; it is made for many threads.
/// </remarks>
public sealed class KplClusterProducer : IKplProducer, IDisposable
{
    private readonly KplOptions _options;
    private readonly ClientServices _services;
    private readonly PipelineLog? _log;
    private readonly ConcurrentDictionary<string, Lazy<ClientStream>> _streams = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private volatile bool _closed;
    private Task? _disposing;

    internal KplClusterProducer(
        KplOptions options, ILanes lanes, IGrainFactory grains, IPipelineEvents events, ILogger logger, TimeProvider time, bool isCallsOnly = false)
    {
        (Admin, Backlog) = (new GrainStreamAdmin(grains), new GrainBacklogAdmin(grains));
        _options = options;
        _log = events as PipelineLog;
        var clock = new MonotonicClock(time);
        _services = new ClientServices
        {
            Lanes = lanes,
            Events = events,
            Log = new ClientLog(logger),
            Clock = clock,
            Timers = new TimerQueue(clock, e => events.Unexpected("a timer", e)),
            Room = new Room(options.MaxOutstandingBytes, options.MaxOutstandingRecords),
            Notifier = new FailureNotifier(events),
            Instruments = new KplInstruments(Pending, static () => []),
            IsCallsOnly = isCallsOnly,
            Relieve = Relieve,
        };
    }

    /// <summary>Makes a producer over a connected Orleans client. Nothing is sent before its first record.</summary>
    /// <param name="client">The client; it must stay connected until the producer is disposed.</param>
    /// <param name="options">The settings. Later changes to them change nothing.</param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <param name="timeProvider">The time; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings cannot work; it carries every error.</exception>
    public static KplClusterProducer Create(IClusterClient client, KplOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null) =>
        Create(client, options, loggerFactory, timeProvider, isCallsOnly: false);

    internal static KplClusterProducer Create(IClusterClient client, KplOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider, bool isCallsOnly)
    {
        ArgumentNullException.ThrowIfNull(client);
        var report = KplOptionsValidator.Validate(options, BacklogHost.ClusterClient);
        if (!report.IsValid)
            throw new KplOptionsException(report.Errors);
        var time = timeProvider ?? TimeProvider.System;
        var logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Orleans.Kpl");
        var lanes = new ClusterLanes(client, client.ServiceProvider.GetService<GatewayWatch>());
        return new KplClusterProducer(options.Snapshot(), lanes, client, new PipelineLog(logger, time, options.LogKeys), logger, time, isCallsOnly);
    }

    /// <summary>Shards of the streams: looking at them, planning, splitting, merging. The tier does it, and goes on when this process ends.</summary>
    public IStreamAdmin Admin { get; }

    /// <summary>What became of the records of the streams, what waits in the tier's backlog, and what could not be delivered from there.</summary>
    public IBacklogAdmin Backlog { get; }

    /// <inheritdoc />
    public event Action<RecordFailure>? RecordFailed
    {
        add => _services.Notifier.Handlers += value;
        remove => _services.Notifier.Handlers -= value;
    }

    /// <inheritdoc />
    public long OutstandingRecords => _services.Room.Records;

    /// <inheritdoc />
    public long OutstandingBytes => _services.Room.Bytes;

    /// <inheritdoc />
    public TimeSpan OldestRecordAge
    {
        get
        {
            var oldest = Streams.Select(static s => s.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min();
            return oldest == long.MaxValue ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(0, _services.Clock.Now - oldest));
        }
    }

    private IEnumerable<ClientStream> Streams => _streams.Values.Select(static s => s.Value);

    /// <inheritdoc />
    public ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        ProducerPipeline.CheckOptions(options, hasBacklog: true);
        return Of(stream).Intake.EnqueueAsync(record, options, cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        ProducerPipeline.CheckOptions(options, hasBacklog: true);
        return Of(stream).Intake.EnqueueAsync(records, options, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        return batch.Results.ToArray();
    }

    /// <inheritdoc />
    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is null)
            return FlushAllAsync().WaitAsync(cancellationToken);
        return _streams.TryGetValue(stream, out var found) ? found.Value.FlushAsync().WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    /// <inheritdoc />
    public StreamLedger GetLedger(string stream) => _streams.TryGetValue(stream, out var found) ? found.Value.Ledger : default;

    /// <summary>
    /// Stops accepting, and completes when every record has ended: at the latest after <c>DrainTimeout</c>, when what is left ends with
    /// code <c>Shutdown</c>: as failed where no silo was given it, else as unknown.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            return new ValueTask(_disposing ??= DrainAsync());
        }
    }

    /// <summary>The same, blocking, for containers and <c>using</c> statements that know nothing else.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    private ClientStream Of(string stream)
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(IKplProducer));
        if (stream is not null && _streams.TryGetValue(stream, out var found))
            return found.Value;
        StreamName.Check(stream!);
        return _streams.GetOrAdd(stream!, name => new Lazy<ClientStream>(() => new ClientStream(name, _options.GetStream(name), _services))).Value;
    }

    private Task FlushAllAsync() => Task.WhenAll(Streams.Select(static s => s.FlushAsync()));

    private void Relieve()
    {
        foreach (var stream in Streams)
            stream.Relieve();
    }

    private IEnumerable<Measurement<long>> Pending() => Streams.Select(static s => new Measurement<long>(s.Ledger.InFlight, KplInstruments.Tags(s.Stream)));

    private async Task DrainAsync()
    {
        var closed = new ObjectDisposedException(nameof(IKplProducer), "the producer was disposed while the record waited for room");
        _services.Room.Close(closed);
        foreach (var stream in Streams)
            stream.CloseRoom(closed);
        try
        {
            await FlushAllAsync().WaitAsync(_options.DrainTimeout, _services.Clock.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _services.Events.DrainCut(_services.Room.Records);
        }

        foreach (var stream in Streams)
            stream.Stop();
        await FlushAllAsync().ConfigureAwait(false);
        await TellFailuresAsync().ConfigureAwait(false);
        _services.Timers.Dispose();
        _services.Instruments.Dispose();
        _log?.Dispose();
    }

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
}
