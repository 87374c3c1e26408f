using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Fronts;

/// <summary>
/// The tier as this silo sees it: records accepted here go to the owners of their shards, on any silo. The pipeline is the embedded one,
/// except that each shard's engine is open in one silo at a time.
/// </summary>
internal sealed class ClusterProducer : IKplProducer, IPackedProducer, IBacklogReplayer
{
    private readonly ProducerPipeline _pipeline;
    private readonly StreamNameResolver _names;
    // Puts that wait until it is known whose stream an ARN names, by the name in it: one by that name must not overtake them.
    private readonly ClosingLines _unnamed = new();
    private readonly HostedShards _hosted;
    private readonly LinkMemory _memory;
    private readonly SiloState _start;
    private readonly PipelineLog _log;
    private Func<Task>? _drain;
    private readonly ConcurrentDictionary<string, StreamOwners> _owners = new(StringComparer.Ordinal);

    public ClusterProducer(
        KplOptions options, ClusterGateway gateway, StreamNameResolver names, OwnersContext owners, BacklogServices? backlog, SiloState start,
        PipelineLog log, Random random, TimeProvider time, IMeterFactory? meters)
    {
        (_names, _hosted, _memory, _start, _log) = (names, owners.Hosted, owners.Memory, start, log);
        _pipeline = new ProducerPipeline(
            options, gateway, log, time, random, s => _owners[s.Stream] = StreamOwners.Create(s, owners), backlog, meters: meters);
    }

    /// <inheritdoc />
    public event Action<RecordFailure>? RecordFailed
    {
        add => _pipeline.RecordFailed += value;
        remove => _pipeline.RecordFailed -= value;
    }

    public long OutstandingRecords => _pipeline.OutstandingRecords;

    public long OutstandingBytes => _pipeline.OutstandingBytes;

    public TimeSpan OldestRecordAge => _pipeline.OldestRecordAge;

    public KplHealth Health => _pipeline.Health;

    /// <summary>How often a stream has closed here because it was idle.</summary>
    public long IdleClosings => _pipeline.IdleClosings;

    /// <summary>The metrics of this silo.</summary>
    public KplInstruments Instruments => _pipeline.Instruments;

    /// <summary>Completes when what an earlier process left in a folder of this silo's own is counted.</summary>
    public Task Recovered => _pipeline.Recovered;

    /// <summary>The canonical names of the streams that are open here.</summary>
    public IEnumerable<string> Streams => _owners.Keys;

    public ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        FindNow(stream) is { } name
            ? _pipeline.EnqueueAsync(name, record, options, cancellationToken)
            : EnqueueUnnamedAsync(stream, record, options, cancellationToken);

    public ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        FindNow(stream) is { } name
            ? _pipeline.EnqueueAsync(name, records, options, cancellationToken)
            : EnqueueUnnamedAsync(stream, records, options, cancellationToken);

    /// <summary>Accepts packed records; their outcomes go to the batch one by one.</summary>
    public async ValueTask EnqueueAsync(
        string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
    {
        PutOptionsValidator.Check(options, _pipeline.HasBacklog);
        if (FindNow(stream) is { } name)
            await AcceptAsync(name, records, batch, options, cancellationToken).ConfigureAwait(false);
        else
            await EnqueueUnnamedAsync(stream, records, batch, options, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AcceptAsync(
        string name, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        if (_pipeline.TryUseNow(name) is { } use)
        {
            using (use)
                await use.Stream.EnqueueAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _pipeline.AcceptInTurnAsync(name, async s =>
        {
            await s.EnqueueAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    public ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default) =>
        FindNow(stream) is { } name
            ? _pipeline.PutAsync(name, record, options, cancellationToken)
            : PutUnnamedAsync(stream, record, options, cancellationToken);

    public ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        FindNow(stream) is { } name
            ? _pipeline.PutAsync(name, records, options, cancellationToken)
            : PutUnnamedAsync(stream, records, options, cancellationToken);

    /// <summary>Completes with the results of packed records when all of them are there.</summary>
    public async Task<RecordResult[]> PutAsync(string stream, PackedRecords[] parts, PutOptions? options)
    {
        var batches = new BatchOutcome[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            batches[i] = new BatchOutcome(parts[i].Count);
            await EnqueueAsync(stream, parts[i], batches[i], options).ConfigureAwait(false);
        }

        var results = new List<RecordResult>(parts.Sum(static p => p.Count));
        foreach (var batch in batches)
        {
            await batch.Delivery.ConfigureAwait(false);
            results.AddRange(batch.Results);
            if (!batch.HoldsFailed)
                batch.Dispose();
        }

        return [.. results];
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) =>
        _pipeline.FlushAsync(stream is null ? null : _names.Known(stream), cancellationToken);

    public StreamLedger GetLedger(string stream) => _pipeline.GetLedger(_names.Known(stream));

    /// <summary>Returns the sum of the ledgers of all streams, those that have closed included.</summary>
    public StreamLedger ReadLedger() => _pipeline.ReadLedger();

    /// <summary>Returns this silo's ledger of a stream, by its canonical name. It is kept while the stream is closed, with nothing in its backlog.</summary>
    public SiloLedger GetBooks(string stream) => new()
    {
        Ledger = _pipeline.GetLedger(stream),
        Backlog = Find(stream)?.Backlog?.Status ?? new BacklogStatus(),
        StartedAt = _start.At,
    };

    /// <summary>Keeps the last minutes of each stream from now on.</summary>
    public void KeepHistory() => _pipeline.KeepHistory();

    /// <summary>Tells of this silo at a glance.</summary>
    /// <param name="name">The silo, as users see it.</param>
    /// <param name="stream">The stream whose shards are told too, by its name or its ARN; null for none.</param>
    /// <remarks>Who looks at a stream keeps it open, and so what was observed of it.</remarks>
    public ProcessReport Report(string name, string? stream)
    {
        var asked = stream is null ? null : Find(_names.Known(stream));
        if (asked is not null)
            MarkUsed(asked.Stream);
        return ProcessReports.Of(name, _start.At, _pipeline, asked);
    }

    /// <inheritdoc />
    public async Task ReplayAsync(string stream, ISegmentLog log, Action counted)
    {
        using var use = await UseAsync(stream).ConfigureAwait(false);
        var replaying = BacklogOf(use.Stream).AdoptAsync(log);
        counted();
        await replaying.ConfigureAwait(false);
    }

    /// <summary>Puts dead letters into the backlog again; they are durable when this completes.</summary>
    public async Task RequeueAsync(string stream, IReadOnlyList<DeadLetter> letters)
    {
        using var use = await UseAsync(stream).ConfigureAwait(false);
        await BacklogOf(use.Stream).RequeueAsync(letters).ConfigureAwait(false);
    }

    /// <summary>Uses the stream of that canonical name, which is opened if it is not open: it does not close until the use is disposed.</summary>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    public ValueTask<StreamUse<StreamPipeline>> UseAsync(string stream) => _pipeline.UseAsync(stream);

    /// <summary>
    /// Uses the stream of that canonical name for records that other silos accepted. A drained silo opens no streams, but serves those that are open until
    /// they finish.
    /// </summary>
    /// <exception cref="ObjectDisposedException">This silo is drained, and the stream is not open.</exception>
    public ValueTask<StreamUse<StreamPipeline>> ServeAsync(string stream) => TryUse(stream) is { } use ? new(use) : UseAsync(stream);

    /// <summary>Uses the stream of that canonical name if it is open and stays; null otherwise.</summary>
    public StreamUse<StreamPipeline>? TryUse(string stream) => _pipeline.TryUse(stream);

    /// <summary>Lets the time without use of a stream begin anew, where it is open.</summary>
    public void MarkUsed(string stream) => _pipeline.MarkUsed(stream);

    /// <summary>
    /// From now on closes each stream that has been unused for so long and holds nothing; called before the first use. It gives back the shards that
    /// are served here first. Its ledger is kept, and the next use opens it again.
    /// </summary>
    /// <param name="after">How long a stream is unused before it closes.</param>
    /// <param name="closed">Called with the name of a stream that has closed, before the next one of its name begins.</param>
    public void CloseIdleStreams(TimeSpan after, Action<string> closed) => _pipeline.CloseIdleStreams(after, Release, stream =>
    {
        _owners.TryRemove(stream.Stream, out _);
        closed(stream.Stream);
    });

    /// <summary>Finds the pipeline of a stream by its canonical name; null if there is none.</summary>
    public StreamPipeline? Find(string stream) => _pipeline.Find(stream);

    /// <summary>Returns the object that takes a stream's records to their owners; null if the stream is not active here.</summary>
    public StreamOwners? OwnersOf(string stream) => _owners.GetValueOrDefault(stream);

    /// <summary>
    /// Handles the loss of a shard to another silo while this one was frozen or cut off: nothing more is sent for it, and the shard moves
    /// there with all its waiting records.
    /// </summary>
    /// <returns>Completes when no call has records of the shard.</returns>
    public Task OnLostAsync(ShardKey shard)
    {
        var quiet = Find(shard.Stream)?.Shards.LoseAsync(shard.ShardId, e => _log.Unexpected("handing over a shard that was lost", e));
        _hosted.Release(shard);
        return quiet ?? Task.CompletedTask;
    }

    /// <summary>Handles the loss of a silo: it is gone for good, with the records on their way there.</summary>
    public void OnLost(SiloId silo)
    {
        foreach (var owners in _owners.Values)
            owners.OnLost(silo);
        _memory.Forget(silo);
    }

    /// <summary>Stops routing records to a silo that leaves; completes when nothing is under way there.</summary>
    public Task StopRoutingToAsync(SiloId silo)
    {
        // Streams that are opened from here on learn it from the memory.
        _memory.NoteMoved(silo);
        return Task.WhenAll(_owners.Values.Select(o => o.StopRoutingToAsync(silo)));
    }

    /// <summary>Has a drain take no longer than what is left of the silo's stop.</summary>
    public void LimitDrainTo(Func<TimeSpan> left) => _pipeline.LimitDrainTo(left);

    /// <summary>Makes disposing take the silo out of the cluster first.</summary>
    public void LeaveBy(Func<Task> drain) => _drain = drain;

    /// <summary>Drains this silo: its shards move, and every record gets its outcome within the drain limit.</summary>
    public ValueTask DisposeAsync() => new(_drain?.Invoke() ?? StopAsync());

    /// <summary>Drains within <see cref="KplOptions.DrainTimeout"/>; records that remain then complete with code Shutdown.</summary>
    public async Task StopAsync()
    {
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        _log.Dispose();
    }

    /// <summary>Returns the canonical name of a stream if puts may go there at once; null where they have to wait for it, or for others.</summary>
    private string? FindNow(string stream) =>
        _names.Find(stream) is { } name && !_unnamed.Has(StreamNameResolver.NameIn(stream)) ? name : null;

    // Methods of their own: what their lambdas need is allocated only where puts wait.
    private ValueTask<EnqueuedRecord> EnqueueUnnamedAsync(string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        InTurnAsync(stream, n => _pipeline.EnqueueAsync(n, record, options, cancellationToken), e => UnnamedStream.Fail(record, e), cancellationToken);

    private ValueTask<EnqueuedBatch> EnqueueUnnamedAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        InTurnAsync(stream, n => _pipeline.EnqueueAsync(n, records, options, cancellationToken), e => UnnamedStream.Fail(records, e), cancellationToken);

    private async ValueTask EnqueueUnnamedAsync(
        string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        await InTurnAsync(stream, async n =>
        {
            await AcceptAsync(n, records, batch, options, cancellationToken).ConfigureAwait(false);
            return true;
        }, e => UnnamedStream.Fail(records, batch, e), cancellationToken).ConfigureAwait(false);

    private async ValueTask<RecordResult> PutUnnamedAsync(string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        await (await EnqueueUnnamedAsync(stream, record, options, cancellationToken).ConfigureAwait(false)).Delivery.ConfigureAwait(false);

    private ValueTask<RecordResult[]> PutUnnamedAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        InTurnAsync(stream, n => _pipeline.PutAsync(n, records, options, cancellationToken), e => UnnamedStream.ResultsOf(records, e), cancellationToken);

    /// <summary>
    /// Puts under the canonical name as soon as it is known, in the order of the calls. What cannot be told goes nowhere: under the ARN it might have a second
    /// owner.
    /// </summary>
    private async ValueTask<T> InTurnAsync<T>(
        string stream, Func<string, ValueTask<T>> put, Func<KinesisException, T> fail, CancellationToken cancellationToken)
    {
        ValueTask<T> under;
        using (var turn = _unnamed.Join(StreamNameResolver.NameIn(stream)))
        {
            await turn.Before.ConfigureAwait(false);
            try
            {
                under = put(await _names.CanonicalAsync(stream, cancellationToken).ConfigureAwait(false));
            }
            catch (KinesisException e)
            {
                return fail(e);
            }
        }

        return await under.ConfigureAwait(false);
    }

    private static StreamBacklog BacklogOf(StreamPipeline stream) => stream.Backlog ?? throw new BacklogStoreException("this silo has no backlog");

    /// <summary>Gives back the shards of a stream that are served here. Who asks for one has it opened again.</summary>
    private void Release(StreamPipeline stream)
    {
        foreach (var shard in stream.Shards.Ids)
            _hosted.Release(new ShardKey(stream.Stream, shard));
    }
}
