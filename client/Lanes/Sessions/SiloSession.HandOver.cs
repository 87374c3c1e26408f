using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Hands messages over, and flushes them.</summary>
internal sealed partial class SiloSession
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    private bool _isFlushing;
    private bool _isFlushAsked;
    private ILaneCalls? _flushLane;

    /// <summary>
    /// Hands a message over, with as many tries as it takes. Once it was sent without an answer, only this silo can report its outcome, so
    /// it goes to no other silo.
    /// </summary>
    /// <returns>False when the silo will not take the message and has not taken it: it may go to another silo.</returns>
    public async Task<bool> HandOverAsync(ILaneCalls calls, LaneWindow window, Message message)
    {
        var backoff = new Backoff(FirstWait, LastWait);
        while (!HasEnded(message))
        {
            var now = services.Clock.Now;
            if (message.ExpiresAt <= now && !message.IsAmbiguous)
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

            var isDueAtOnce = message.IsDueAtOnce;
            try
            {
                var reply = await AnswerOrLossAsync(calls.AcceptAsync(BatchOf(message, isDueAtOnce, now))).ConfigureAwait(false);
                host.Silos(reply.Silos);
                switch (reply.Verdict)
                {
                    case ClientVerdict.Accepted:
                        window.OnTaken(reply.MaxInFlight);
                        if (!isDueAtOnce && message.IsDueAtOnce)
                            FlushSoon();
                        return true;
                    case ClientVerdict.MemoryFull:
                        window.OnFull();
                        break;
                    case ClientVerdict.Draining:
                        return !TryTakeBack(message);
                    case ClientVerdict.Invalid:
                        End(message, RecordStatus.Failed, reply.ErrorCode ?? RecordErrorCodes.NotSupported, reply.ErrorMessage
                            ?? "the silo refused the message");
                        return true;
                    case ClientVerdict.Forgotten:
                        OnLost(RecordErrorCodes.OwnerLost, $"silo {silo} was not asked for the record's end for too long");
                        return true;
                    default:
                        OnLost(RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
                        return true;
                }
            }
            catch (Exception e)
            {
                message.IsAmbiguous = true;
                services.Log.NotAnswered(e, host.Stream, silo);
                calls = services.Lanes.Fresh(host.Stream);
            }

            await Task.Delay(backoff.Next(), services.Clock.Time).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Ends the linger of all records that the silo has from this client. Several requests become one call.</summary>
    public void FlushSoon()
    {
        lock (_lock)
        {
            _isFlushAsked = true;
            if (_isFlushing || _isClosed || _sent.IsEmpty)
                return;
            _isFlushing = true;
        }

        _ = FlushAsync();
    }

    private async Task FlushAsync()
    {
        while (IsFlushAsked())
        {
            try
            {
                _flushLane ??= services.Lanes.Fresh(host.Stream);
                await _flushLane.FlushAsync(NewRequest()).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Without the flush the records leave after their linger.
                _flushLane = null;
                services.Log.NotAnswered(e, host.Stream, silo);
            }
        }
    }

    private bool IsFlushAsked()
    {
        lock (_lock)
        {
            _isFlushing = _isFlushAsked && !_isClosed && !_sent.IsEmpty;
            _isFlushAsked = false;
            return _isFlushing;
        }
    }

    private bool HasEnded(Message message)
    {
        lock (_lock)
            return message.Open == 0;
    }

    /// <summary>
    /// Takes a message back from a leaving silo that has rejected it every time. False when the message has its outcomes already.
    /// </summary>
    private bool TryTakeBack(Message message)
    {
        lock (_lock)
        {
            if (message.Open == 0)
                return false;
            _sent.Remove(message);
            message.IsAmbiguous = false;
        }

        LeaveDraining();
        return true;
    }

    private ClientBatch BatchOf(Message message, bool isDueAtOnce, long now)
    {
        long endedBefore;
        lock (_lock)
            endedBefore = _sent.EndedBefore;
        return new ClientBatch
        {
            Session = id,
            Silo = silo,
            FirstRecord = Message.FirstRecordOf(message.Number),
            Records = message.Records,
            EndedBefore = endedBefore,
            Options = new PutOptions
            {
                AckLevel = message.AckLevel,
                Immediate = isDueAtOnce,
                Alone = message.IsAlone,
                NeverSpills = message.NeverSpills,
                TimeToLive = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, message.ExpiresAt - now)),
            },
        };
    }
}
