using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Client.Gateways;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl;

/// <summary>
/// The producer over an Orleans cluster. It sends packed records to the silos of a tier, which share the shards of each stream, so that a
/// shard's limits hold however many processes produce. The API is that of the embedded producer.
/// </summary>
/// <remarks>
/// The settings of memory, time-to-live, high-water mode, acknowledgement and draining apply to this process; those that concern Kinesis
/// are the silos' own. While no silo can be reached, records wait here within their time-to-live; at the memory limit callers get
/// back-pressure. If a silo is lost before it reported a record's outcome, the record completes with status
/// <see cref="RecordStatus.Unknown"/> and code <see cref="RecordErrorCodes.OwnerLost"/>: Kinesis may have it. A record larger than its
/// stream allows fails with <see cref="RecordErrorCodes.RecordTooLarge"/>: only a silo knows the stream's limit.
/// <see cref="AckLevel.Persisted"/> and spilling use the silos' backlog. Records that a silo reports as persisted count here as in the
/// backlog, for good: the tier delivers them. A tier without a backlog fails such records with <see cref="RecordErrorCodes.NotSupported"/>.
/// One producer is enough for all streams of a process; it is safe for use by many threads.
/// </remarks>
public sealed class KplClusterProducer : IKplProducer, IDisposable
{
    private readonly ClientPipeline _pipeline;
    private readonly PipelineLog? _log;
    private readonly GatewayWatch? _gateways;
    private readonly Lazy<Task> _disposing;

    internal KplClusterProducer(
        KplOptions options, ILanes lanes, IGrainFactory grains, IPipelineEvents events, ILogger logger, TimeProvider time, GatewayWatch? gateways = null,
        IMeterFactory? meters = null)
    {
        _gateways = gateways;
        (Admin, Backlog) = (new GrainStreamAdmin(grains), new GrainBacklogAdmin(grains));
        _pipeline = new ClientPipeline(options, lanes, events, logger, time, Guid.NewGuid, meters);
        _pipeline.CloseIdleStreams(StreamIdling.Limit);
        _log = events as PipelineLog;
        _disposing = new(DisposeAllAsync);
    }

    /// <summary>Creates a producer over a connected Orleans client. It sends nothing before its first record.</summary>
    /// <param name="client">The client; it must stay connected until the producer is disposed.</param>
    /// <param name="options">The settings. Later changes to them have no effect.</param>
    /// <param name="loggerFactory">The factory of the loggers; null to log nothing.</param>
    /// <param name="timeProvider">The clock and timers; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static KplClusterProducer Create(IClusterClient client, KplOptions options, ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        var report = KplOptionsValidator.Validate(options, BacklogHost.ClusterClient);
        if (!report.IsValid)
            throw new KplOptionsException(report.Errors);
        var time = timeProvider ?? TimeProvider.System;
        var logger = GuardedLogger.Of(loggerFactory ?? NullLoggerFactory.Instance);
        var gateways = client.ServiceProvider.GetService<GatewayWatch>();
        var lanes = new ClusterLanes(client, gateways);
        // Its timers and loops begin here.
        var producer = OwnFlow.Run(() => new KplClusterProducer(
            options.Snapshot(), lanes, client, new PipelineLog(logger, time, options.LogKeys), logger, time, gateways,
            client.ServiceProvider.GetService<IMeterFactory>()));
        producer.TellWarnings([.. report.Warnings, .. GlueAbsence.FindWarnings(options)]);
        return producer;
    }

    /// <summary>Logs settings that work, but probably not as intended.</summary>
    internal void TellWarnings(IEnumerable<string> warnings) => _log?.TellWarnings(warnings);

    /// <summary>Inspects, plans, splits and merges the shards of the streams. The tier does the work and continues when this process ends.</summary>
    public IStreamAdmin Admin { get; }

    /// <summary>Reports the streams' ledgers, the tier's backlog, and the dead letters of that backlog.</summary>
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

    /// <summary>
    /// The health of the connection to the tier, and the records that failed lately: degraded while no silo can be reached, with code
    /// <see cref="RecordErrorCodes.ConnectionFailed"/>. The silos' own <c>/health</c> tells whether Kinesis works.
    /// </summary>
    public KplHealth Health => _gateways?.NoneSince is { } since
        ? _pipeline.Health with { DegradedSince = since, DegradedCode = RecordErrorCodes.ConnectionFailed }
        : _pipeline.Health;

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
    /// Stops accepting and completes when every record has its outcome, after <c>DrainTimeout</c> at the latest. Then the remaining records
    /// complete with code <c>Shutdown</c>: as failed if no silo has received them, else as unknown.
    /// </summary>
    public ValueTask DisposeAsync() => new(_disposing.Value);

    /// <summary>
    /// Stops accepting and drains as <see cref="DisposeAsync"/> does, but blocks: for containers and <c>using</c> statements that support
    /// only synchronous disposal.
    /// </summary>
    public void Dispose() => Task.Run(() => _disposing.Value).GetAwaiter().GetResult();

    private async Task DisposeAllAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        _log?.Dispose();
    }
}
