using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Hands messages over, and flushes them.</summary>
internal sealed partial class SiloSession
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The longest wait until a message comes again. Each time costs the silo as much as the first: a tier that has too many clients would read what it
    /// refuses, and little else.
    /// </summary>
    private static readonly TimeSpan LongestRefusal = TimeSpan.FromSeconds(2);

    /// <summary>The longest that a healthy silo takes to answer a message of small records, its wait for memory included.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SlowFor = TimeSpan.FromSeconds(10);

    private readonly SharedWork _flushing = new(FirstWait, LastWait);
    private ILaneCalls? _flushLane;
    private long _slowUntil;

    /// <summary>Whether an answer to a message took long within the last ten seconds: the silo pauses, say, or has too much to do.</summary>
    public bool IsSlow => Volatile.Read(ref _slowUntil) is not 0 and var until && services.Clock.Now < until;

    /// <summary>
    /// Hands a message over, with as many tries as it takes. Once it was sent without an answer, only this silo can report its outcome, so
    /// it goes to no other silo, nor there under another id.
    /// </summary>
    /// <returns>False when the silo will not take the message and has not taken it: it may go to another silo.</returns>
    public async Task<bool> HandOverAsync(ILaneCalls lane, LaneWindow window, OutgoingMessage message)
    {
        var backoff = new Backoff(FirstWait, LongestRefusal);
        var (calls, session, mayLinger) = (lane, Guid.Empty, false);
        while (true)
        {
            var now = services.Clock.Now;
            if (message.ExpiresAt <= now && !message.MayBeTaken)
            {
                End(message, RecordStatus.Failed, RecordErrorCodes.Expired, "the time-to-live ended before a silo took the record over");
                return true;
            }

            // Other calls may be answered all the while, so that the polls do not end it.
            if (message.ExpiresAt <= now - Unreachable.Ticks)
            {
                End(message, RecordStatus.Unknown, RecordErrorCodes.OwnerLost, $"silo {silo} has not told whether it took the record over");
                return true;
            }

            if (!message.MayBeTaken)
            {
                if (await OpenAsync(lane).ConfigureAwait(false) is not { } opened)
                    return !TryTakeBack(message);
                (session, now) = (opened, services.Clock.Now);
            }

            if (TryOffer(message) is not { } endedBefore)
                return true;
            var offeredAt = services.Clock.Now;
            try
            {
                var batch = message.ToBatch(session, silo, endedBefore, now, stream.TakesBack);
                // Of several calls, the silo may take the one that came before a flush.
                mayLinger |= batch.Options is { Immediate: false };
                var reply = await services.Lanes.AnswerOrLossAsync(() => calls.AcceptAsync(batch)).ConfigureAwait(false);
                Volatile.Write(ref _slowUntil, 0);
                NoteTime(offeredAt);
                stream.Heard(this, reply, message, services.Clock.Now - offeredAt);
                switch (reply.Verdict)
                {
                    case ClientVerdict.Accepted:
                        window.OnTaken(reply.MaxInFlight);
                        NoteTaken(session, message, hasAnswer: true);
                        if (mayLinger && message.IsDueAtOnce)
                            FlushSoon();
                        return true;
                    case ClientVerdict.MemoryFull:
                        window.OnFull(reply.MaxInFlight);
                        break;
                    case ClientVerdict.Draining:
                        LeaveDraining();
                        return !TryTakeBack(message);
                    case ClientVerdict.Invalid:
                        End(message, RecordStatus.Failed, reply.ErrorCode ?? RecordErrorCodes.NotSupported, reply.ErrorMessage
                            ?? "the silo refused the message");
                        return true;
                    case ClientVerdict.Forgotten:
                        // Only what the silo may have from before has ended now.
                        OnForgotten(session);
                        break;
                    case ClientVerdict.NotGiven:
                        OnLost($"silo {silo} was lost before it told the record's end");
                        return !TryTakeBack(message);
                    default:
                        EndUntold(message); // It stays offered, so that its bytes are kept: the silo that passes it on may still send them.
                        OnLost($"silo {silo} was lost before it told the record's end");
                        return true;
                }
            }
            catch (Exception e)
            {
                services.Log.NotAnswered(e, stream.Stream, silo);
                NoteTime(offeredAt);
                NoteTaken(session, message, hasAnswer: false);
                calls = services.Lanes.Fresh(stream.Stream);
            }

            lock (_lock)
                message.IsOffered = false;
            await Task.Delay(WaitOf(message, session, backoff.Next()), services.Clock.Time).ConfigureAwait(false);
        }
    }

    /// <summary>Notes how long an answer took, or that none came. A silo that is slow is tried again later: nothing else tells that it is not.</summary>
    private void NoteTime(long offeredAt)
    {
        if (services.Clock.AgeOf(offeredAt) >= LongestAnswer)
            Volatile.Write(ref _slowUntil, services.Clock.Now + SlowFor.Ticks);
    }

    /// <summary>The wait until a message comes again. It ends with the records of a message that the silo does not have.</summary>
    private TimeSpan WaitOf(OutgoingMessage message, Guid session, TimeSpan longest)
    {
        var wait = Backoff.Spread(longest, session.GetHashCode() ^ message.First ^ longest.Ticks);
        var left = message.ExpiresAt - services.Clock.Now;
        if (message.MayBeTaken || left >= wait.Ticks)
            return wait;
        // Timers count whole milliseconds.
        return TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(TimeSpan.FromTicks(left).TotalMilliseconds)));
    }

    /// <summary>
    /// Ends the linger of all records that the silo has from this client. A call that fails is made again: without it the records leave after their linger,
    /// which may be longer than a stop waits.
    /// </summary>
    public void FlushSoon() => _flushing.Ask(FlushAsync, e =>
    {
        _flushLane = null;
        services.Log.NotAnswered(e, stream.Stream, silo);
    }, services.Clock.Time);

    private Task FlushAsync()
    {
        Guid? inUse;
        lock (_lock)
            inUse = _sent.IsEmpty ? null : _id;
        if (inUse is not { } session)
            return Task.CompletedTask;
        var calls = _flushLane ??= services.Lanes.Fresh(stream.Stream);
        return services.Lanes.AnswerOrLossAsync(() => calls.FlushAsync(NewRequest(session)));
    }

    /// <summary>Completes a message that the silo took over, or may have: nobody is there to tell its outcome.</summary>
    private void EndUntold(OutgoingMessage message) =>
        End(message, RecordStatus.Unknown, RecordErrorCodes.OwnerLost, $"silo {silo} was lost, or not asked for too long, before it told the record's end");

    /// <summary>Notes that the message is on its way. Returns below which number every record has ended; null where this one has too.</summary>
    private long? TryOffer(OutgoingMessage message)
    {
        lock (_lock)
            return (message.IsOffered = !message.HasEnded) ? _sent.EndedBefore : null;
    }

    /// <summary>
    /// Takes a message back that the silo has not taken over, so that it may go to another one. False when the message has its outcomes already.
    /// </summary>
    private bool TryTakeBack(OutgoingMessage message)
    {
        lock (_lock)
        {
            if (message.HasEnded)
                return false;
            _sent.Remove(message);
            // Orleans may send the former call again: this silo would then read other bytes under the message's former number.
            (message.MayBeTaken, message.IsOffered, message.KeepsBytes) = (false, false, true);
            return true;
        }
    }
}
