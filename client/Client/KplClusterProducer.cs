using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Client;
using Orleans.Kpl.Client.Lanes;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Telemetry;

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
    private readonly ClientPipeline _pipeline;
    private readonly PipelineLog? _log;
    private readonly Lazy<Task> _disposing;

    internal KplClusterProducer(
        KplOptions options, ILanes lanes, IGrainFactory grains, IPipelineEvents events, ILogger logger, TimeProvider time, bool isCallsOnly = false)
    {
        (Admin, Backlog) = (new GrainStreamAdmin(grains), new GrainBacklogAdmin(grains));
        _pipeline = new ClientPipeline(options, lanes, events, logger, time, isCallsOnly);
        _log = events as PipelineLog;
        _disposing = new(DisposeAllAsync);
    }

    /// <summary>Makes a producer over a connected Orleans client. Nothing is sent before its first record.</summary>
    /// <param name="client">The client; it must stay connected until the producer is disposed.</param>
    /// <param name="options">The settings. Later changes to them change nothing.</param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <param name="timeProvider">The time; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings cannot work; it carries every error.</exception>
    public static KplClusterProducer Create(IClusterClient client, KplOptions options, ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null) =>
        Create(client, options, loggerFactory, timeProvider, isCallsOnly: false);

    internal static KplClusterProducer Create(IClusterClient client, KplOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider,
        bool isCallsOnly)
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
        add => _pipeline.RecordFailed += value;
        remove => _pipeline.RecordFailed -= value;
    }

    /// <inheritdoc />
    public long OutstandingRecords => _pipeline.OutstandingRecords;

    /// <inheritdoc />
    public long OutstandingBytes => _pipeline.OutstandingBytes;

    /// <inheritdoc />
    public TimeSpan OldestRecordAge => _pipeline.OldestRecordAge;

    /// <inheritdoc />
    public ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _pipeline.EnqueueAsync(stream, record, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _pipeline.EnqueueAsync(stream, records, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _pipeline.PutAsync(stream, record, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _pipeline.PutAsync(stream, records, options, cancellationToken);

    /// <inheritdoc />
    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => _pipeline.FlushAsync(stream, cancellationToken);

    /// <inheritdoc />
    public StreamLedger GetLedger(string stream) => _pipeline.GetLedger(stream);

    /// <summary>
    /// Stops accepting, and completes when every record has ended: at the latest after <c>DrainTimeout</c>, when what is left ends with
    /// code <c>Shutdown</c>: as failed where no silo was given it, else as unknown.
    /// </summary>
    public ValueTask DisposeAsync() => new(_disposing.Value);

    /// <summary>
    /// Stops accepting and drains as <see cref="DisposeAsync"/> does, blocking: for containers and <c>using</c> statements that know nothing else.
    /// </summary>
    public void Dispose() => Task.Run(() => _disposing.Value).GetAwaiter().GetResult();

    private async Task DisposeAllAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        _log?.Dispose();
    }
}
