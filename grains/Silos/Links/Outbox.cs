using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Sends the records of one stream that another silo owns. They are packed in the order they arrive, sent at once while little is under way
/// and in fuller frames while more is, and kept until their outcomes are back. A frame that got no answer is sent again; the owner accepts
/// it once.
/// </summary>
/// <remarks>
/// Five things may happen to a frame at the same time, each on its own thread: the call that sends it, the arrival of its records'
/// outcomes, the loss of the owner, the owner's leaving, and the end of the records' time-to-live. Outcomes may arrive before that call has
/// its answer, and more than once. The table of sent frames, under the lock, gives each record exactly one outcome: a frame is in it before
/// it is sent, and the thread that completes a record has crossed it out there first.
/// </remarks>
/// <param name="stream">The stream whose records these are.</param>
/// <param name="link">The link to the owner.</param>
/// <param name="memory">Gives numbers to records.</param>
/// <param name="logger">Logs frames that were not accepted.</param>
internal sealed partial class Outbox(StreamPipeline stream, SiloId self, SiloId silo, ISiloCalls link, LinkMemory memory, ILogger logger)
{
    /// <summary>
    /// The most frames under way: enough to keep the owner busy, few enough that frames fill up when it is. If order matters, one frame of
    /// each shard is under way (<see cref="OwnerTenure"/>), so that none overtakes another.
    /// </summary>
    private const int MaxUnderWay = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly FrameQueue _waiting = new(stream.NewForwardedNumbers());
    private readonly SentBatches<OutgoingFrame> _sent = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SharedWork _telling = new(FirstWait, LastWait);
    private int _underWay;
    private long _flushes;
    private bool _isLost;
    private bool _isClosed;
    private TaskCompletionSource? _idle;

    /// <summary>Fires when the first record may be over; guarded by the lock.</summary>
    private ExpiryTimer Expiry => field ??= new ExpiryTimer(stream.Timers, EndExpired);

    /// <summary>Whether nothing waits or is under way: each record has its outcome, and each call its answer.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
                return _waiting.IsEmpty && _sent.IsEmpty && _underWay == 0;
        }
    }

    /// <summary>Takes over records of one shard, all or none; false when the owner was lost or owns nothing any more.</summary>
    /// <param name="horizon">What they are counted in until they have their outcomes; null for nothing.</param>
    public bool TryAdd(in ShardRecords records, ShardHorizon? horizon = null)
    {
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return false;
            _waiting.Add(records, horizon);
            Expiry.Expect(records.Sink.ExpiresAt);
            return true;
        }
    }

    /// <summary>Takes over all records of a queue, whose lock the caller holds; none when the owner was lost or owns nothing any more: then false.</summary>
    public bool TryAdd(FrameQueue records)
    {
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return false;
            Expiry.Expect(records.EarliestExpiry());
            records.TakeAll().ForEach(_waiting.Add);
            return true;
        }
    }

    /// <summary>
    /// Sends the next frame of a queue, which has one and whose lock the caller holds, in the order that its tenure keeps. False, and the frame stays there,
    /// when the owner was lost or owns nothing any more.
    /// </summary>
    public bool TrySend(FrameQueue records, OwnerTenure tenure)
    {
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return false;
            Send(records.Take()!, tenure);
            return true;
        }
    }

    /// <summary>Sends the waiting frames, up to the limit of frames under way.</summary>
    public void Pump()
    {
        lock (_lock)
        {
            while (!_isLost && _underWay < MaxUnderWay && _waiting.Take() is { } frame)
                Send(frame, null);
        }
    }

    /// <summary>Ends the linger of all records: of those that the owner has, and of those that are sent from here on.</summary>
    public void Expedite()
    {
        bool mayLinger;
        lock (_lock)
        {
            _flushes++;
            mayLinger = !_sent.IsEmpty;
        }

        Pump();
        if (mayLinger)
            TellFlushSoon();
    }

    /// <summary>Takes the outcomes that came back.</summary>
    /// <returns>The records that came back without one, to be routed again; null for none. Those of a tenure go to its queue instead.</returns>
    public FrameQueue? Take(PackedOutcomes outcomes)
    {
        var ends = new List<ForwardedOutcome>(outcomes.Count);
        List<OutgoingFrame> told = [];
        List<OutgoingFrame>? givenBack = null;
        FrameQueue? back = null;
        lock (_lock)
        {
            // An outcome may have arrived before, or its record was completed here when the owner was lost: then its frame has left the table.
            _sent.End(outcomes, (sent, index, result) =>
            {
                if (result.ErrorCode != OutcomesFrame.GivenBack && !KeepsItsPlace(sent, index, result))
                    ends.Add(sent.OutcomeOf(index, result));
                else
                {
                    sent.GiveBack(index, result.Attempts);
                    if (sent.Tenure is not null)
                        Expiry.Expect(sent.SinkOf(index).ExpiresAt);
                    else if (sent.GivenBack == 1)
                        (givenBack ??= []).Add(sent);
                }

                if (sent.Tenure is not null && sent.HasEnded)
                    told.Add(sent);
            });

            foreach (var some in givenBack ?? [])
                some.AddGivenBackTo(back ??= new FrameQueue());
        }

        // Outside the lock, since callers' code runs. The tenures are notified last, since records that they then send go behind these.
        stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
        foreach (var sent in told)
            sent.Tenure!.Ended(sent);
        return back;
    }

    /// <summary>When the oldest record whose outcome is not back was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _sent.All.Select(static f => f.OldestAcceptedAt).Append(_waiting.OldestAcceptedAt()).Min();
    }

    /// <summary>
    /// Closes the outbox, since the owner owns nothing any more: unsent records go to the next owners. Completes when the sent frames have
    /// arrived; their outcomes are still to come.
    /// </summary>
    public Task CloseAsync()
    {
        List<OutgoingFrame> unsent;
        Task idle;
        lock (_lock)
        {
            _isClosed = true;
            unsent = _waiting.TakeAll();
            if (_underWay > 0)
                _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _idle?.Task ?? Task.CompletedTask;
        }

        foreach (var frame in unsent)
            frame.RouteAgain(stream);
        return idle;
    }

    /// <summary>
    /// Handles the loss of the owner, or of this silo: sent records complete as unknown. Unsent ones, and those that the owner has not taken, go to the
    /// next owner, or fail where this silo stops. The sent ones of an ordered stream's backlog go to the next owner too, before all others: in the
    /// backlog, newer ones would overtake them.
    /// </summary>
    /// <param name="isStop">Whether this silo stops; else the owner is lost.</param>
    public void OnLost(bool isStop)
    {
        List<(OutgoingFrame Frame, bool MayBeThere)> sent;
        List<OutgoingFrame> unsent;
        FrameQueue notTaken = new();
        lock (_lock)
        {
            if (_isLost)
                return;
            // Outcomes that arrive after this find no record to complete; those that arrived before have left only open records here.
            _isLost = true;
            sent = [.. _sent.All.Select(static f => (f, f.MayBeThere))];
            _sent.Clear();
            unsent = _waiting.TakeAll();
            Expiry.Stop();
        }

        _stop.Cancel();
        var (code, message) = isStop
            ? (RecordErrorCodes.Shutdown, RecordCompleter.ShutDownMessage)
            : (RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
        foreach (var (frame, mayBeThere) in sent)
        {
            // A silo that stops sends nothing newer: its backlog keeps them.
            for (var index = 0; !isStop && index < frame.Count; index++)
                _ = mayBeThere ? frame.TryGiveBackStored(index) : frame.TryGiveBack(index);
            if (frame.Tenure is null)
                frame.AddGivenBackTo(notTaken);
            List<ForwardedOutcome> ends = [];
            frame.EndAll(ends, mayBeThere ? RecordStatus.Unknown : RecordStatus.Failed, code, message);
            stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
        }

        foreach (var (frame, _) in sent)
            frame.Tenure?.Ended(frame);
        foreach (var frame in notTaken.TakeAll().Concat(unsent))
            frame.RouteAgain(stream);
    }

    /// <param name="flushes">How many flushes had begun before.</param>
    private async Task SendAsync(OutgoingFrame sent, long flushes)
    {
        var backoff = new Backoff(FirstWait, LastWait);
        bool mayLinger;
        // Once stopped, OnLost() has completed the records, or is about to.
        while (!await TrySendAsync(sent).ConfigureAwait(false) && !_stop.IsCancellationRequested)
            await Task.Delay(backoff.Next(), stream.Clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            // A flush that began meanwhile may have been told to the owner before it had these records.
            mayLinger = sent.IsTaken && _flushes != flushes;
            if (--_underWay == 0)
                _idle?.TrySetResult();
        }

        if (mayLinger)
            TellFlushSoon();
        sent.Tenure?.Arrived();
        Pump();
    }

    /// <summary>
    /// Has the owner end the linger of what it has, unless it has nothing of the stream any more. A call that fails is made again: without it the records
    /// leave after their linger, which may be longer than a stop waits.
    /// </summary>
    private void TellFlushSoon() => _telling.Ask(
        () => HasAllOutcomes ? Task.CompletedTask : link.ExpediteAsync(stream.Stream), e => LogNotExpedited(e, silo, stream.Stream), stream.Clock.Time,
        _stop.Token);

    /// <summary>Whether each record that was sent has its outcome.</summary>
    private bool HasAllOutcomes
    {
        get
        {
            lock (_lock)
                return _sent.IsEmpty;
        }
    }

    private async Task<bool> TrySendAsync(OutgoingFrame sent)
    {
        try
        {
            long endedBefore;
            lock (_lock)
            {
                // All its records may have their outcomes by now. The owner must not be sent them again: it may know nothing of them any more.
                if (!_sent.Contains(sent))
                    return true;
                // The owner may forget what is below. A frame that is sent never is, so the owner still knows one that is sent again.
                endedBefore = _sent.EndedBefore;
                sent.BeginTry();
            }

            var frame = new RecordsFrame(self, stream.Stream, sent.First, endedBefore, sent.Bytes, sent.TermsAt(stream.Clock.Now))
            {
                Shard = sent.Tenure?.ShardId,
                Tenure = sent.Tenure?.Number ?? 0,
                Traces = sent.Traces(),
            };
            var isTaken = await link.TakeRecordsAsync(frame).ConfigureAwait(false);
            lock (_lock)
            {
                sent.Answered(isTaken);
                if (!_isLost && !sent.HasEnded)
                    Expiry.Expect(FirstDeadline(sent));
            }

            return isTaken;
        }
        catch (Exception e)
        {
            if (!_stop.IsCancellationRequested)
                LogNotTaken(e, silo, sent.Count, stream.Stream);
            return false;
        }
    }

    /// <summary>Begins to send a frame. It is in the table first: its outcomes may be back before the call is. Guarded by the lock.</summary>
    private void Send(OutgoingFrame frame, OwnerTenure? tenure)
    {
        (frame.First, frame.At, frame.Tenure) = (memory.NextRecords(frame.Count), stream.Clock.Now, tenure);
        _sent.Add(frame);
        _underWay++;
        Expiry.Expect(FirstDeadline(frame));
        var flushes = _flushes;
        _ = OwnFlow.Start(() => SendAsync(frame, flushes));
    }

    [LoggerMessage(60, LogLevel.Warning, "Silo {Silo} did not take {Records} records of stream {Stream}; they are sent again")]
    private partial void LogNotTaken(Exception error, SiloId silo, int records, string stream);

    [LoggerMessage(63, LogLevel.Debug, "Silo {Silo} was not told of a flush of {Stream}")]
    private partial void LogNotExpedited(Exception error, SiloId silo, string stream);
}
