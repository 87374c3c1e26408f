using Microsoft.Extensions.Logging;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl;

/// <summary>The embedded producer: the whole path of a record, from the caller to Kinesis and back, in this process.</summary>
/// <remarks>One instance is enough for all streams of a process. All members may be called from any thread.</remarks>
public sealed class KplProducer : IKplProducer, IDisposable
{
    private readonly ProducerRoad _road;

    internal KplProducer(ProducerParts parts) => (Parts, _road) = (parts, parts.Pipeline);

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
        producer.Parts.TellWarnings(CollectorAbsence.FindWarnings(options.Metrics, AppDomain.CurrentDomain.GetAssemblies()));
        return producer;
    }

    /// <summary>
    /// Checks whether a producer with these settings could deliver records: settings, region, credentials, endpoint, clock, and for each stream whether it
    /// exists, the rights that are needed, and its limits. It writes no record, and throws nothing for what is wrong: the report has that, with what to do.
    /// </summary>
    /// <param name="stream">The stream to check; null for those that have settings of their own (<c>Kpl:Streams</c>).</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the check. It ends by itself: each of its calls takes <c>RequestTimeout</c> at most.</param>
    public static Task<KplCheckReport> CheckAsync(
        KplOptions options, string? stream = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ProducerCreation.CheckAsync(options, stream, AwsEnvironment.Process, timeProvider ?? TimeProvider.System, cancellationToken);
    }

    /// <summary>
    /// Checks whether this producer can deliver records; see the overload that takes the settings. It makes calls of its own and does not affect records
    /// under way.
    /// </summary>
    /// <param name="stream">The stream to check; null for those that have settings of their own (<c>Kpl:Streams</c>).</param>
    public Task<KplCheckReport> CheckAsync(string? stream = null, CancellationToken cancellationToken = default) =>
        Parts.CheckAsync(stream, cancellationToken);

    /// <summary>
    /// Inspects, plans, splits and merges the shards of the streams. Disposing the producer stops a running operation where it is.
    /// Policies are carried out only with <see cref="KplOptions.ScalingPolicyAllowed"/>.
    /// </summary>
    public IStreamAdmin Admin => Parts.Admin;

    /// <summary>The streams' ledgers, backlogs and dead letters.</summary>
    public IBacklogAdmin Backlog => Parts.Backlog;

    /// <summary>The parts that it is made of.</summary>
    internal ProducerParts Parts { get; }

    /// <inheritdoc />
    public long OutstandingRecords => Parts.Pipeline.OutstandingRecords;

    /// <inheritdoc />
    public long OutstandingBytes => Parts.Pipeline.OutstandingBytes;

    /// <inheritdoc />
    public TimeSpan OldestRecordAge => Parts.Pipeline.OldestRecordAge;

    /// <inheritdoc />
    public KplHealth Health => Parts.Pipeline.Health;

    /// <inheritdoc />
    public event Action<RecordFailure>? RecordFailed
    {
        add => Parts.Pipeline.RecordFailed += value;
        remove => Parts.Pipeline.RecordFailed -= value;
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
    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Parts.Pipeline.FlushAsync(stream, cancellationToken);

    /// <inheritdoc />
    public StreamLedger GetLedger(string stream) => Parts.Pipeline.GetLedger(stream);

    /// <summary>
    /// Stops accepting records, and completes when every accepted record has ended. After <c>DrainTimeout</c> at the latest, remaining records go to the
    /// backlog or fail with code <c>Shutdown</c>; <see cref="RecordFailed"/>'s handlers have as long again, and a disk that hangs 5 s. Further calls wait too.
    /// </summary>
    public ValueTask DisposeAsync() => new(Parts.DisposeAsync());

    /// <summary>Drains like <see cref="DisposeAsync"/>, but blocks, for containers and <c>using</c> statements without asynchronous disposal.</summary>
    public void Dispose() => Task.Run(Parts.DisposeAsync).GetAwaiter().GetResult();
}
