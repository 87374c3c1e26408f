using System.Diagnostics.Metrics;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Pipeline.Whole;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Fronts;

/// <summary>
/// The tier as this silo sees it: records accepted here go to the owners of their shards, on any silo. The pipeline is the embedded one, except that each
/// shard's engine is open in one silo at a time. Streams go by their canonical names, but puts, flushes and ledgers accept an ARN too.
/// </summary>
internal sealed class ClusterProducer : ProducerPipeline, IPackedProducer, IBacklogReplayer
{
    private readonly OwnersContext _owners;
    private readonly ClusterGateway _gateway;
    private readonly IStateStore _state;
    private readonly SiloState _start;
    private readonly PipelineLog _log;
    private Func<Task>? _drain;

    public ClusterProducer(
        KplOptions options, ClusterGateway gateway, StreamNameResolver names, OwnersContext owners, BacklogServices? backlog, IStateStore state,
        SiloState start, PipelineLog log, Random random, TimeProvider time, IMeterFactory? meters)
        : base(options, gateway, log, time, random, s => StreamOwners.Create(s, owners), backlog, meters: meters, names: names) =>
        (_owners, _gateway, _state, _start, _log) = (owners, gateway, state, start, log);

    public override KplHealth Health => base.Health with
    {
        StateTrouble = _state.Trouble is { } trouble ? (trouble.Since, trouble.Why) : null,
        RelayedSince = Streams.Min(s => _gateway.RelayedSince(s.Stream)),
    };

    /// <summary>Accepts packed records; their outcomes go to the batch one by one.</summary>
    public async ValueTask EnqueueAsync(
        string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default) =>
        await AcceptAsync<bool, PackedPut>(stream, new PackedPut(records, batch), options, cancellationToken).ConfigureAwait(false);

    /// <summary>Completes with the results of packed records when all of them are there.</summary>
    /// <param name="cancellationToken">Ends the waiting for memory.</param>
    /// <exception cref="ObjectDisposedException">This silo is drained; nothing was accepted. Where earlier parts were, the others fail.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was accepted. Where earlier parts were, the others fail.</exception>
    public async Task<RecordResult[]> PutAsync(string stream, PackedRecords[] parts, PutOptions? options, CancellationToken cancellationToken = default)
    {
        var batches = new List<BatchOutcome>(parts.Length);
        var refused = (Code: "", Message: "");
        try
        {
            foreach (var part in parts)
                batches.Add(await EnqueuePartAsync(stream, part, options, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (batches.Count > 0 && e is ObjectDisposedException or OperationCanceledException)
        {
            // The caller must hear what became of the parts before this one.
            refused = e is OperationCanceledException
                ? (RecordErrorCodes.Canceled, "the record was not accepted within the time that the call may wait")
                : (RecordErrorCodes.Shutdown, "the silo was drained before it accepted the record");
        }

        var results = new List<RecordResult>(parts.Sum(static p => p.Count));
        foreach (var batch in batches)
        {
            await batch.Delivery.ConfigureAwait(false);
            results.AddRange(batch.Results);
            if (!batch.HoldsFailed)
                batch.Dispose();
        }

        foreach (var rest in parts.Skip(batches.Count))
        {
            results.AddRange(rest.Positions().Select(
                p => RecordResult.NotDelivered(RecordStatus.Failed, refused.Code, refused.Message, rest.ToUserRecord(p))));
        }

        return [.. results];
    }

    /// <summary>Accepts packed records with a span of their own, where the caller is traced; the batch ends it.</summary>
    private async ValueTask<BatchOutcome> EnqueuePartAsync(string stream, PackedRecords part, PutOptions? options, CancellationToken cancellationToken)
    {
        var span = PutSpan.IsWanted ? PutSpan.Start(stream, part.Count, Services.Events.HandlerThrew) : null;
        var batch = TracedPromises.Instance.NewBatch(part.Count);
        try
        {
            await EnqueueAsync(stream, part, batch, options, cancellationToken).ConfigureAwait(false);
            return batch;
        }
        catch (Exception error)
        {
            span?.Refuse(error);
            batch.Abandon();
            throw;
        }
    }

    /// <summary>As the pipeline's own, for a host that knows this producer and no pipeline.</summary>
    public new StreamLedger ReadLedger() => base.ReadLedger();

    /// <summary>Returns this silo's ledger of a stream, by its canonical name. It is kept while the stream is closed, with nothing in its backlog.</summary>
    public SiloLedger GetSiloLedger(string stream)
    {
        var backlog = Find(stream)?.Backlog;
        // What a former process left in a folder is not known before that was read.
        var holdsOthers = backlog is { HoldsOthers: true } || !Recovered.IsCompletedSuccessfully;
        return new SiloLedger(base.GetLedger(stream), backlog?.Status ?? new BacklogStatus(), holdsOthers, _start.At);
    }

    /// <summary>Tells of this silo at a glance.</summary>
    /// <param name="name">The silo, as users see it.</param>
    /// <param name="stream">The stream whose shards are told too, by its name or its ARN; null for none.</param>
    /// <remarks>Who looks at a stream keeps it open, and so what was observed of it.</remarks>
    public ProcessReport Report(string name, string? stream)
    {
        var asked = stream is null ? null : Find(Names.Known(stream));
        if (asked is not null)
            Uses.MarkUsed(asked.Stream);
        var report = ProcessReports.Of(name, _start.At, this, asked);
        return report with { Streams = [.. report.Streams.Select(s => s with { RelayedSince = _gateway.RelayedSince(s.Stream) })] };
    }

    public async Task ReplayAsync(string stream, ISegmentLog log, Action counted)
    {
        using var use = await Uses.UseAsync(stream).ConfigureAwait(false);
        var replaying = BacklogOf(use.Stream).Logs.AdoptAsync(log);
        counted();
        await replaying.ConfigureAwait(false);
    }

    /// <summary>Puts dead letters into the backlog again; they are durable when this completes.</summary>
    /// <exception cref="BacklogStoreException">They were not, or not all; while this silo drains, none is.</exception>
    public async Task RequeueAsync(string stream, IReadOnlyList<DeadLetter> letters)
    {
        try
        {
            using var use = await Uses.UseAsync(stream).ConfigureAwait(false);
            await BacklogOf(use.Stream).Intake.RequeueAsync(letters).ConfigureAwait(false);
        }
        catch (ObjectDisposedException e)
        {
            // The stream's manager stays on a silo that drains until Orleans stops.
            throw new BacklogStoreException("the silo that manages the stream is leaving", inner: e);
        }
    }

    /// <summary>
    /// Uses the stream of that canonical name for what another silo asks. A drained silo opens no streams, but serves those that are open until
    /// they finish: null where it is not.
    /// </summary>
    public async ValueTask<StreamUse<StreamPipeline>?> TryServeAsync(string stream)
    {
        try
        {
            return Uses.TryUse(stream) ?? await Uses.UseAsync(stream).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>
    /// From now on closes each stream that has been unused for so long and holds nothing; called before the first use. It gives back the shards that
    /// are served here first. Its ledger is kept, and the next use opens it again.
    /// </summary>
    /// <param name="after">How long a stream is unused before it closes.</param>
    /// <param name="closed">Called with the name of a stream that has closed, before the next one of its name begins.</param>
    public void CloseIdleStreams(TimeSpan after, Action<string> closed) => CloseIdleStreams(after, Release, stream =>
    {
        _owners.Open.TryRemove(stream.Stream, out _);
        closed(stream.Stream);
    });

    /// <summary>Returns the object that takes a stream's records to their owners; null if the stream is not active here.</summary>
    public StreamOwners? OwnersOf(string stream) => _owners.Open.GetValueOrDefault(stream);

    /// <summary>
    /// Handles the loss of a shard to another silo while this one was frozen or cut off: nothing more is sent for it, and the shard moves
    /// there with all its waiting records.
    /// </summary>
    /// <returns>Completes when no call has records of the shard.</returns>
    public Task OnLostAsync(ShardKey shard)
    {
        var quiet = Find(shard.Stream)?.Shards.LoseAsync(shard.ShardId, e => _log.Unexpected("handing over a shard that was lost", e));
        _owners.Hosted.Release(shard);
        return quiet ?? Task.CompletedTask;
    }

    /// <summary>Handles the loss of a silo: it is gone for good, with the records on their way there.</summary>
    public void OnLost(SiloId silo)
    {
        foreach (var owners in _owners.Open.Values)
            owners.OnLost(silo);
        _owners.Memory.Forget(silo);
    }

    /// <summary>Stops routing records to a silo that leaves; completes when nothing is under way there.</summary>
    public Task StopRoutingToAsync(SiloId silo)
    {
        // Streams that are opened from here on learn it from the memory.
        _owners.Memory.NoteMoved(silo);
        return Task.WhenAll(_owners.Open.Values.Select(o => o.StopRoutingToAsync(silo)));
    }

    /// <summary>Makes disposing take the silo out of the cluster first.</summary>
    public void LeaveBy(Func<Task> drain) => _drain = drain;

    /// <summary>Drains this silo: its shards move, and every record gets its outcome within the drain limit.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_drain is { } drain)
        {
            // The drain stops the producer, and may end before that does.
            await drain().ConfigureAwait(false);
            return;
        }

        await base.DisposeAsync().ConfigureAwait(false);
        _log.Dispose();
    }

    /// <summary>Drains within <see cref="KplOptions.DrainTimeout"/>; records that remain then complete with code Shutdown.</summary>
    public async Task StopAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _log.Dispose();
    }

    private static StreamBacklog BacklogOf(StreamPipeline stream) => stream.Backlog ?? throw new BacklogStoreException("this silo has no backlog");

    /// <summary>Gives back the shards of a stream that are served here. Who asks for one has it opened again.</summary>
    private void Release(StreamPipeline stream)
    {
        foreach (var shard in stream.Shards.Ids)
            _owners.Hosted.Release(new ShardKey(stream.Stream, shard));
    }
}

/// <summary>Packed records. Their span, where they have one, is that of whoever puts them.</summary>
internal readonly struct PackedPut(PackedRecords records, IBatchOutcomes batch) : IPut<bool>
{
    public int Count => records.Count;

    public async ValueTask<bool> ToAsync(IOpenStream stream, PutOptions? options, CancellationToken cancellationToken)
    {
        await ((StreamPipeline)stream).EnqueuePackedAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A batch that its caller puts again is left to it, except where there is no such stream.</summary>
    /// <exception cref="OperationCanceledException">The caller puts it again.</exception>
    public bool Fail(KinesisException why)
    {
        if (batch.IsWhole && why.Code != RecordErrorCodes.ResourceNotFound)
            throw new OperationCanceledException(why.Message, why);
        var positions = records.Positions();
        for (var i = 0; i < positions.Length; i++)
            batch.End(i, NamedPuts.ResultOf(records.ToUserRecord(positions[i]), why));
        batch.AllHandedOver();
        return true;
    }

    public PutSpan? Begin(string stream, Action<string, Exception> threw) => null;

    public ValueTask EndAsync(PutSpan span, bool accepted) => default;
}
