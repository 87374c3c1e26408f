using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Grains.Fronts;

/// <summary>
/// The tier as this silo sees it: what is accepted here goes to the owners of its shards, wherever they are. The same pipeline as
/// embedded; only that each shard's engine is open in one silo at a time.
/// </summary>
internal sealed class ClusterProducer : IKplProducer, IPackedProducer, IBacklogReplayer
{
    private readonly ProducerPipeline _pipeline;
    private readonly StreamNameResolver _names;
    private readonly HostedShards _hosted;
    private readonly SiloState _start;
    private readonly PipelineLog _log;
    private Func<Task>? _drain;
    private readonly ConcurrentDictionary<string, StreamOwners> _owners = new(StringComparer.Ordinal);

    public ClusterProducer(
        KplOptions options, ClusterGateway gateway, KinesisGateway kinesis, StreamNameResolver names, IGrainFactory grains, SiloLinks links, LiveSilos silos,
        HostedShards hosted, ClusterBacklog backlog, SiloState start, TimeProvider time, ILoggerFactory loggers)
    {
        (_names, _hosted, _start) = (names, hosted, start);
        _log = new PipelineLog(loggers.CreateLogger("Orleans.Kpl"), time, options.LogKeys);
        kinesis.Client.CborRefused += (endpoint, error) => _log.CborRefused(endpoint, error.Code, error.Message);
        var context = new OwnersContext(grains, links, silos, hosted, loggers.CreateLogger<StreamOwners>());
        _pipeline = new ProducerPipeline(
            options, gateway, _log, time, new Random(), s => _owners.GetOrAdd(s.Stream, StreamOwners.Create(s, context)),
            backlog.Services(options, s => new ClusterDeadLetters(s, grains, silos.Self.ToString, time)));
    }

    /// <summary>What streams tell of themselves.</summary>
    public IPipelineEvents Events => _log;

    /// <inheritdoc />
    public event Action<RecordFailure>? RecordFailed
    {
        add => _pipeline.RecordFailed += value;
        remove => _pipeline.RecordFailed -= value;
    }

    public long OutstandingRecords => _pipeline.OutstandingRecords;

    public long OutstandingBytes => _pipeline.OutstandingBytes;

    public TimeSpan OldestRecordAge => _pipeline.OldestRecordAge;

    /// <summary>The streams that have come to life here, under their one names.</summary>
    public IEnumerable<string> Streams => _owners.Keys;

    public async ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        await _pipeline.EnqueueAsync(await _names.CanonicalAsync(stream).ConfigureAwait(false), record, options, cancellationToken).ConfigureAwait(false);

    public async ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        await _pipeline.EnqueueAsync(await _names.CanonicalAsync(stream).ConfigureAwait(false), records, options, cancellationToken).ConfigureAwait(false);

    /// <summary>Accepts packed records; their ends go to the batch one by one.</summary>
    public async ValueTask EnqueueAsync(
        string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
    {
        PutOptionsValidator.Check(options, _pipeline.HasBacklog);
        await GetStream(await _names.CanonicalAsync(stream).ConfigureAwait(false)).EnqueueAsync(records, batch, options, cancellationToken)
            .ConfigureAwait(false);
    }

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        await _pipeline.PutAsync(await _names.CanonicalAsync(stream).ConfigureAwait(false), record, options, cancellationToken).ConfigureAwait(false);

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        await _pipeline.PutAsync(await _names.CanonicalAsync(stream).ConfigureAwait(false), records, options, cancellationToken).ConfigureAwait(false);

    /// <summary>The results of a batch that came packed, when all of them are there.</summary>
    public async Task<RecordResult[]> PutAsync(string stream, RecordBatch records, PutOptions? options)
    {
        var parts = records.Records.ToArray();
        var batches = new BatchOutcome[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            batches[i] = new BatchOutcome(parts[i].Count);
            await EnqueueAsync(stream, parts[i], batches[i], options).ConfigureAwait(false);
        }

        var results = new List<RecordResult>(records.Count);
        foreach (var batch in batches)
        {
            await batch.Delivery.ConfigureAwait(false);
            results.AddRange(batch.Results);
            if (!batch.HoldsFailed)
                batch.Dispose();
        }

        return [.. results];
    }

    public async Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) =>
        await _pipeline.FlushAsync(stream is null ? null : await _names.CanonicalAsync(stream).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    public StreamLedger GetLedger(string stream) => _pipeline.GetLedger(_names.Known(stream));

    /// <summary>The sum over all streams.</summary>
    public StreamLedger ReadLedger()
    {
        var sum = default(StreamLedger);
        foreach (var stream in _pipeline.Streams)
            sum += stream.Ledger;
        return sum;
    }

    /// <summary>What this silo has of a stream, by its one name.</summary>
    public SiloLedger GetBooks(string stream) => Find(stream) is { } pipeline
        ? new SiloLedger { Ledger = pipeline.Ledger, Backlog = pipeline.Backlog?.Status ?? new BacklogStatus(), StartedAt = _start.At }
        : new SiloLedger { StartedAt = _start.At };

    /// <summary>Delivers what another silo left behind.</summary>
    public Task ReplayAsync(string stream, ISegmentLog log) => BacklogOf(stream).AdoptAsync(log);

    /// <summary>Takes records that were set aside into the backlog again; they are durable when this completes.</summary>
    public Task RequeueAsync(string stream, IReadOnlyList<UserRecord> records) => BacklogOf(stream).RequeueAsync(records);

    /// <summary>The pipeline of a stream under its one name; it comes to life with the first asking.</summary>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    public StreamPipeline GetStream(string stream) => _pipeline.GetStream(stream);

    /// <summary>The pipeline of a stream under its one name; null where it has not come to life.</summary>
    public StreamPipeline? Find(string stream) => _pipeline.Find(stream);

    /// <summary>Takes a stream's records to their owners; null where the stream has not come to life here.</summary>
    public StreamOwners? OwnersOf(string stream) => _owners.GetValueOrDefault(stream);

    /// <summary>A shard was taken by another silo while this one was frozen or cut off: it goes there with everything that is held.</summary>
    public void OnLost(ShardKey shard)
    {
        _ = Find(shard.Stream)?.Shards.CloseAsync(shard.ShardId, Task.CompletedTask);
        _hosted.Release(shard);
    }

    /// <summary>A silo is gone for good, with what was on its way there.</summary>
    public void OnLost(Orleans.Runtime.SiloAddress silo)
    {
        foreach (var owners in _owners.Values)
            owners.OnLost(silo);
    }

    /// <summary>A silo that leaves owns nothing any more; completes when nothing is under way there.</summary>
    public Task StopRoutingToAsync(Orleans.Runtime.SiloAddress silo) => Task.WhenAll(_owners.Values.Select(o => o.StopRoutingToAsync(silo)));

    /// <summary>From now on disposing takes the silo out of the cluster first.</summary>
    public void LeaveBy(Func<Task> drain) => _drain = drain;

    /// <summary>Drains this silo: its shards move, and every record comes to its end within the drain limit.</summary>
    public ValueTask DisposeAsync() => new(_drain?.Invoke() ?? StopAsync());

    /// <summary>Drains within <see cref="KplOptions.DrainTimeout"/>; what is left then ends with code Shutdown.</summary>
    public async Task StopAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        _log.Dispose();
    }

    private StreamBacklog BacklogOf(string stream) => GetStream(stream).Backlog ?? throw new BacklogStoreException("this silo has no backlog");
}
