using Orleans.Kpl.Lanes.Messages;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Opens the session at the silo again, once it has rested or was forgotten there.</summary>
internal sealed partial class SiloSession
{
    private TaskCompletionSource<Guid?>? _opening;

    /// <summary>
    /// Returns the id for a message that the silo cannot have; several messages wait for one call. Null when messages must go to others: the silo leaves or
    /// is lost, or the lane leads elsewhere by now.
    /// </summary>
    public ValueTask<Guid?> OpenAsync(ILaneCalls lane)
    {
        TaskCompletionSource<Guid?> opening;
        lock (_lock)
        {
            if (_isClosed || _isDraining)
                return new ValueTask<Guid?>((Guid?)null);
            if (_id is not null)
                return new ValueTask<Guid?>(_id);
            if (_opening is { } underWay)
                return new ValueTask<Guid?>(underWay.Task);
            opening = _opening = new TaskCompletionSource<Guid?>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _ = OpenAsync(lane, opening);
        return new ValueTask<Guid?>(opening.Task);
    }

    private async Task OpenAsync(ILaneCalls lane, TaskCompletionSource<Guid?> opening)
    {
        var session = services.NewId();
        var isOpen = await TryOpenAsync(lane, session).ConfigureAwait(false);
        lock (_lock)
        {
            _opening = null;
            _isClosed |= !isOpen;
            (_id, _acknowledged) = (_isClosed ? null : session, 0);
            opening.SetResult(_id);
        }

        if (!isOpen)
            host.Leave(this, isDraining: false);
    }

    /// <summary>Whether this silo has opened the session.</summary>
    private async Task<bool> TryOpenAsync(ILaneCalls lane, Guid session)
    {
        try
        {
            var request = new ClientRequest { Session = session, Silo = silo };
            var reply = await services.Lanes.AnswerOrLossAsync(() => lane.OpenAsync(request)).ConfigureAwait(false);
            host.Silos(reply.Silos);
            return reply.Verdict == ClientVerdict.Accepted && reply.Silo.Equals(silo);
        }
        catch (Exception e)
        {
            services.Log.NotAnswered(e, host.Stream, silo);
            return false;
        }
    }

    /// <summary>
    /// Notes that the silo has the message, or may have it. False when nothing will tell its outcome: the session has another id by now, or none.
    /// </summary>
    private bool TryNoteTaken(Guid session, Message message)
    {
        lock (_lock)
        {
            message.MayBeTaken = true;
            if (_id != session)
                return false;
            if (_polled == session)
                return true;
            _polled = session;
        }

        _ = PollAsync(session);
        return true;
    }

    /// <summary>Rests: the silo need not keep a session for nothing. False when it was given a message meanwhile.</summary>
    private bool TryRest(Guid session)
    {
        lock (_lock)
        {
            if (!_sent.IsEmpty || _id != session)
                return false;
            _id = null;
            return true;
        }
    }
}
