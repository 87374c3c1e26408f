using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Producer.Backlog;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl;

/// <summary>The embedded producer: the whole path of a record, from the caller to Kinesis and back, in this process.</summary>
/// <remarks>One instance is enough for all streams of a process; it is designed for many threads.</remarks>
public sealed partial class KplProducer : IKplProducer, IDisposable
{
    private readonly ProducerRoad _road;
    private readonly ProducerPipeline _pipeline;
    private readonly FileBacklogStore? _store;
    private readonly KplOptions _options;
    private readonly TimeProvider _time;
    private readonly KinesisGateway _gateway;
    private readonly PipelineLog _log;
    private readonly ILogger _logger;
    private readonly EmbeddedAdmin _admin;
    private readonly Lazy<Task> _disposing;

    internal KplProducer(
        ProducerPipeline pipeline, KplOptions options, KinesisGateway gateway, TimeProvider time, PipelineLog log, ILogger logger,
        FileBacklogStore? store = null)
    {
        (_road, _pipeline, _store, _gateway, _log, _logger) = (pipeline, pipeline, store, gateway, log, logger);
        (_options, _time) = (options, time);
        Backlog = new EmbeddedBacklog(pipeline, time);
        var failures = new RecentFailures(time, options.LogKeys);
        pipeline.KeepFailures(failures);
        _admin = ProducerCreation.CreateAdmin(pipeline, gateway, options, time, logger, failures);
        View = new EmbeddedView(pipeline, time);
        _disposing = new(DisposeAllAsync);
    }

    /// <summary>
    /// Creates a producer. Nothing is sent before its first record: a stream is set up on first use. If
    /// <see cref="KplOptions.Backlog"/> has a folder, delivery of the records that the last process left there begins now.
    /// </summary>
    /// <param name="options">The settings. Later changes to them have no effect.</param>
    /// <param name="loggerFactory">
    /// The log, under category <c>Orleans.Kpl</c>; null for no log. A producer without one writes one line to standard error when it cannot reach
    /// Kinesis, once, within two seconds of the first call.
    /// </param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="KplOptionsException">
    /// The settings are invalid, or another process uses the backlog's folder; the exception carries every error.
    /// </exception>
    public static KplProducer Create(KplOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        var producer = ProducerCreation.Create(options, loggerFactory, timeProvider, meters: null);
        producer.TellWarnings(CollectorAbsence.FindWarnings(options.Metrics, AppDomain.CurrentDomain.GetAssemblies()));
        return producer;
    }

    /// <summary>
    /// Asks whether a producer with these settings could work: credentials, region, endpoint, clock, and for each stream whether it is there, the
    /// rights that are needed, and its limits. No record is written, and nothing is thrown for what is wrong: the report tells it, each with what to
    /// do.
    /// </summary>
    /// <param name="stream">The stream to ask about; null for those that have settings of their own (<c>Kpl:Streams</c>).</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the check. It ends by itself: each of its calls takes <c>RequestTimeout</c> at most.</param>
    public static Task<KplCheckReport> CheckAsync(
        KplOptions options, string? stream = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return CheckAsync(options, stream, AwsEnvironment.Process, timeProvider ?? TimeProvider.System, cancellationToken);
    }

    /// <summary>Does so with an environment of the caller's.</summary>
    internal static Task<KplCheckReport> CheckAsync(
        KplOptions options, string? stream, AwsEnvironment environment, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> errors = [.. KplOptionsValidator.Validate(options).Errors, .. BacklogFolder.FindErrors(options.Backlog)];
        return KinesisCheck.RunAsync(
            options.Snapshot(), errors, stream is null ? [.. options.ConfiguredStreams] : [stream], environment, time, cancellationToken);
    }

    /// <summary>
    /// Asks whether this producer can work; see the overload that takes the settings. It makes calls of its own and does not touch the records that
    /// are under way.
    /// </summary>
    /// <param name="stream">The stream to ask about; null for those that have settings of their own (<c>Kpl:Streams</c>).</param>
    public Task<KplCheckReport> CheckAsync(string? stream = null, CancellationToken cancellationToken = default) => KinesisCheck.RunAsync(
        _options, [], stream is null ? [.. _options.ConfiguredStreams] : [stream], AwsEnvironment.Process, _time, cancellationToken);

    /// <summary>
    /// Inspects, plans, splits and merges the shards of the streams. Disposing the producer stops a running operation where it is.
    /// Policies are carried out only with <see cref="KplOptions.ScalingPolicyAllowed"/>.
    /// </summary>
    public IStreamAdmin Admin => _admin;

    /// <summary>The streams' ledgers, backlogs and dead letters.</summary>
    public IBacklogAdmin Backlog { get; }

    /// <summary>The settings, as they were when the producer was made.</summary>
    internal KplOptions Options => _options;

    /// <summary>The clock.</summary>
    internal TimeProvider Time => _time;

    /// <inheritdoc />
    public long OutstandingRecords => _pipeline.OutstandingRecords;

    /// <inheritdoc />
    public long OutstandingBytes => _pipeline.OutstandingBytes;

    /// <inheritdoc />
    public TimeSpan OldestRecordAge => _pipeline.OldestRecordAge;

    /// <inheritdoc />
    public KplHealth Health => _pipeline.Health;

    /// <inheritdoc />
    public event Action<RecordFailure>? RecordFailed
    {
        add => _pipeline.RecordFailed += value;
        remove => _pipeline.RecordFailed -= value;
    }

    /// <inheritdoc />
    public ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        _road.EnqueueAsync(stream, record, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _road.EnqueueAsync(stream, records, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _road.PutAsync(stream, record, options, cancellationToken);

    /// <inheritdoc />
    public ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _road.PutAsync(stream, records, options, cancellationToken);

    /// <inheritdoc />
    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => _pipeline.FlushAsync(stream, cancellationToken);

    /// <inheritdoc />
    public StreamLedger GetLedger(string stream) => _pipeline.GetLedger(stream);

    /// <summary>
    /// Stops accepting records, and completes when every accepted record has ended. After <c>DrainTimeout</c> at the latest,
    /// remaining records go to the backlog or fail with code <c>Shutdown</c>. Further calls wait for the same completion.
    /// </summary>
    public ValueTask DisposeAsync() => new(_disposing.Value);

    /// <summary>Drains like <see cref="DisposeAsync"/>, but blocks, for containers and <c>using</c> statements without asynchronous disposal.</summary>
    public void Dispose() => Task.Run(() => _disposing.Value).GetAwaiter().GetResult();

    /// <summary>Has a drain take no longer than what is left of a process' stop.</summary>
    internal void LimitDrainTo(Func<TimeSpan> left) => _pipeline.LimitDrainTo(left);

    /// <summary>This process at a glance.</summary>
    internal ITierView View { get; }

    /// <summary>How often a stream has closed because it was idle.</summary>
    internal long IdleClosings => _pipeline.IdleClosings;

    /// <summary>Calls Kinesis over the connections of this producer.</summary>
    internal KinesisClient Kinesis => _gateway.Client;

    /// <summary>Returns the ledger of all streams together.</summary>
    internal StreamLedger ReadLedger() => _pipeline.ReadLedger();

    /// <summary>Logs settings that work, but probably not as intended.</summary>
    internal void TellWarnings(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
            LogWarning(warning);
    }

    [LoggerMessage(20, LogLevel.Warning, "Settings: {Warning}")]
    private partial void LogWarning(string warning);

    private async Task DisposeAllAsync()
    {
        await _admin.DisposeAsync().ConfigureAwait(false);
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        if (_store is not null)
            await _store.DisposeAsync().ConfigureAwait(false);
        _gateway.Dispose();
        _log.Dispose();
    }
}
