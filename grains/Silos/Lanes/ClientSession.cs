using System.Diagnostics;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Pipeline.Whole;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>Holds this silo's state for one client and one stream: which batches it took, and which outcomes it has to report.</summary>
/// <param name="isDraining">Whether the silo rejects every batch that it has not taken before.</param>
/// <param name="refuse">Makes the reply of a batch that is not taken.</param>
internal sealed class ClientSession(
    string stream, IPackedProducer producer, TimeProvider time, KeptForClients kept, Func<bool> isDraining,
    Func<ClientVerdict, string?, string?, ClientReply> refuse)
{
    /// <summary>How long a batch waits for memory before it is rejected.</summary>
    private static readonly TimeSpan MemoryPatience = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The longest that a large record waits for memory; an eighth of its time-to-live where that is less. In a quarter of a second less memory may become
    /// free than it needs. Small records would take that each time, until the large one expires.
    /// </summary>
    private static readonly TimeSpan LargeRecordPatience = TimeSpan.FromSeconds(2);

    /// <summary>A batch has come since the last look, or before it.</summary>
    private const int Came = 1, CameBefore = 2;

    private readonly BatchDeduplicator _taken = new(kept.Add);
    private readonly OutcomeBuffer _outcomes = new(kept.Add);
    private readonly Lock _lock = new();
    private long _touchedAt = time.GetTimestamp();
    private bool _isClosed;
    private int _batches;
    private int _awaitsShards;

    /// <summary>Notes that a batch has come, whether there is room for it or not. True for the first one.</summary>
    public bool NoteBatch() => Volatile.Read(ref _batches) != Came && Interlocked.Exchange(ref _batches, Came) == 0;

    /// <summary>Whether a batch has come since it was asked before.</summary>
    public bool HadBatches() => Interlocked.CompareExchange(ref _batches, CameBefore, Came) == Came;

    /// <summary>
    /// Lets a batch for full shards alone wait for them, one at a time: from the others the client learns soon that they are full, and puts no more for them.
    /// </summary>
    public bool TryAwaitShards() => Interlocked.CompareExchange(ref _awaitsShards, 1, 0) == 0;

    /// <summary>The batch that waited for shards was accepted, or given up.</summary>
    public void StopAwaitingShards() => Volatile.Write(ref _awaitsShards, 0);

    /// <summary>Whether every known outcome has arrived at the client.</summary>
    public bool HasToldAll => _outcomes.IsEmpty;

    /// <summary>
    /// Accepts a batch. The refusal is null when the batch was taken, now or before; else it has the reason why not. Beside it, how many of its records other
    /// silos send.
    /// </summary>
    public async Task<(ClientReply? Refusal, int Elsewhere)> AcceptAsync(ClientBatch batch)
    {
        if (!TryTouch(batch.EndedBefore))
            return (refuse(ClientVerdict.Forgotten, null, null), 0);
        if (batch.FirstRecord is <= 0 or > long.MaxValue - ClientBatch.MaxRecords)
            return (refuse(ClientVerdict.Invalid, RecordErrorCodes.NotSupported, "the number of a record is out of range"), 0);
        var outcomes = new SessionBatch(this, batch.FirstRecord, TraceRuns.Read(batch.Traces, ClientBatch.MaxRecords), batch.TakesBack);
        var refusal = await _taken.TakeOnceAsync(batch.FirstRecord, () => TakeAsync(batch, outcomes)).ConfigureAwait(false);
        return (refusal, outcomes.Elsewhere);
    }

    /// <summary>Returns the next outcomes; if there are none, an empty answer after a while.</summary>
    public async Task<(long First, byte[][] Messages)> TakeOutcomesAsync(ClientRequest request)
    {
        TryTouch(request.EndedBefore);
        _outcomes.Acknowledge(request.AcknowledgedUpTo);
        await _outcomes.WaitAsync().WaitAsync(ClientOutcomes.LongestWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TryTouch(request.EndedBefore);
        return _outcomes.Take();
    }

    /// <summary>Ends the linger of the client's records.</summary>
    public void Flush(ClientRequest request)
    {
        TryTouch(request.EndedBefore);
        try
        {
            _ = producer.FlushAsync(stream);
        }
        catch (ObjectDisposedException)
        {
            // Nothing lingers in a silo that drains.
        }
    }

    /// <summary>
    /// Closes the session, unless a call came within that time: its records continue, but their outcomes are not reported. Nothing is taken from then on,
    /// also of a call that found the session before.
    /// </summary>
    public bool TryClose(TimeSpan idle)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_touchedAt) < idle)
                return false;
            _isClosed = true;
        }

        _outcomes.Close();
        _taken.Close();
        return true;
    }

    /// <summary>Adds outcomes of records, under the client's numbers, and empties their run.</summary>
    public void Ended(OutcomeRun run) => _outcomes.Add(run);

    private static TimeSpan PatienceOf(ClientBatch batch)
    {
        if (batch.Records.Length <= PackedRecordsWriter.DefaultMaxBytes)
            return MemoryPatience;
        var share = batch.Options?.TimeToLive / 8 ?? LargeRecordPatience;
        return TimeSpan.FromTicks(Math.Clamp(share.Ticks, MemoryPatience.Ticks, LargeRecordPatience.Ticks));
    }

    private async Task<ClientReply?> TakeAsync(ClientBatch batch, SessionBatch outcomes)
    {
        try
        {
            // It is one part of the pipeline, which takes it whole or not at all.
            var records = PackedRecords.Parse(batch.Records);
            if (records.Count is 0 or > ClientBatch.MaxRecords)
                throw new PackedFormatException($"a batch of a lane has 1 to {ClientBatch.MaxRecords} records, not {records.Count}");
            // Asked in the batch's turn: a copy may have been rejected before that.
            if (isDraining())
                return refuse(ClientVerdict.Draining, null, null);
            if (!kept.MayAdd(_outcomes.Bytes + _taken.Bytes))
                return refuse(ClientVerdict.MemoryFull, null, null);
            using var patience = new CancellationTokenSource(PatienceOf(batch), time);
            await producer.EnqueueAsync(stream, records, outcomes, batch.Options, patience.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return refuse(ClientVerdict.MemoryFull, null, null);
        }
        catch (ObjectDisposedException)
        {
            return refuse(ClientVerdict.Draining, null, null);
        }
        catch (RecordValidationException e)
        {
            return refuse(ClientVerdict.Invalid, e.Code, e.Message);
        }
        catch (Exception e) when (e is PackedFormatException or NotSupportedException or ArgumentOutOfRangeException)
        {
            return refuse(ClientVerdict.Invalid, RecordErrorCodes.NotSupported, e.Message);
        }
        finally
        {
            outcomes.StopAwaitingShards();
        }
    }

    private bool TryTouch(long endedBefore)
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _touchedAt = time.GetTimestamp();
        }

        _taken.Forget(endedBefore);
        return true;
    }
}

/// <summary>Accepts clients' packed records in this silo.</summary>
internal interface IPackedProducer
{
    /// <summary>Accepts packed records and waits for memory if needed; their outcomes go to the batch.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for memory; nothing was accepted.</exception>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    ValueTask EnqueueAsync(string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default);

    /// <summary>Ends the linger of the stream's accepted records; completes when they have their outcomes.</summary>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default);
}

/// <summary>A batch of a client: the outcomes of its records go to the session under the client's own numbers.</summary>
/// <remarks>
/// What is known of single records before the batch is accepted, such as that one is invalid, is reported with its acceptance: a refused batch comes again,
/// and would report it twice. One that finds no memory is refused: the client gives it to another silo or sends it again. So is one with records of full
/// shards, unless the client takes single records back.
/// </remarks>
internal sealed class SessionBatch(ClientSession session, long firstRecord, TraceRuns? traces, bool takesBack = false) : IWholeBatch
{
    private OutcomeRun? _early;
    // Of the records of one shard, which come together.
    private RecordResult _givenBack;
    private bool _isAccepted;
    private bool _awaitsShards;
    private int _elsewhere;

    /// <summary>How many of the records other silos send, as far as they were routed by now.</summary>
    public int Elsewhere => Volatile.Read(ref _elsewhere);

    public bool HasAccepted { get; set; }

    public bool TakesBack => takesBack;

    public bool MayAwaitShards() => _awaitsShards = session.TryAwaitShards();

    /// <summary>The batch was accepted, or not: another one of the session may wait for shards.</summary>
    public void StopAwaitingShards()
    {
        if (_awaitsShards)
            session.StopAwaitingShards();
    }

    /// <summary>Drops the record itself, since the client has it: it is charged to no memory limit here, and holds the bytes of its whole message.</summary>
    public void End(int index, in RecordResult result)
    {
        var isAccepted = _isAccepted;
        var run = isAccepted ? new OutcomeRun() : _early ??= new OutcomeRun();
        var isBack = takesBack && result.ErrorCode is RecordErrorCodes.Canceled or RecordErrorCodes.Shutdown;
        if (isBack && (_givenBack.ErrorCode is null || _givenBack.ErrorMessage != result.ErrorMessage))
            _givenBack = RecordResult.NotDelivered(RecordStatus.Failed, ClientOutcomes.GivenBack, result.ErrorMessage, null);
        run.Add(firstRecord + index, isBack ? _givenBack : result.WithoutRecord());
        if (isAccepted)
            session.Ended(run);
    }

    public OutcomeSink NewPart(int count, in AcceptanceTerms terms) => new SessionPart(session, this, firstRecord, traces, terms);

    /// <summary>Counts records that other silos send.</summary>
    public void SentElsewhere(int count) => Interlocked.Add(ref _elsewhere, count);

    public void AllHandedOver()
    {
        _isAccepted = true;
        if (_early is not null)
            session.Ended(_early);
    }
}

/// <summary>The records of such a batch that were accepted at the same instant.</summary>
internal sealed class SessionPart(ClientSession session, SessionBatch batch, long firstRecord, TraceRuns? traces, in AcceptanceTerms terms)
    : OutcomeSink(terms), ISentElsewhere, ITracedSink
{
    public ActivityContext ActivityOf(int index) => traces?.At(index) ?? default;

    /// <summary>Adds the outcome to those that <see cref="Complete"/> passes on; without a failed record itself, since the client has it.</summary>
    public override void SetResult(int index, in RecordResult result) =>
        OutcomeRun.OfThread.Add(firstRecord + index, result.WithoutRecord());

    public override void SetDelivered(ReadOnlySpan<MemberRef> members, SharedOutcome end, int place) =>
        members.AddTo(OutcomeRun.OfThread, firstRecord, end, place);

    public override void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result);
        result.LetGo();
    }

    public void SentElsewhere(int count) => batch.SentElsewhere(count);

    public override void Complete(int count) => session.Ended(OutcomeRun.OfThread);
}
