using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>
/// Keeps the messages of one stream that go to one silo until each record has its outcome: hands them over, and polls for the outcomes. At the silo it has
/// an id, under which a message is taken once. It gets another one after it has rested, or was forgotten there.
/// </summary>
internal sealed partial class SiloSession(ClientStream stream, Guid id, SiloId silo, ClientServices services)
{
    private readonly Lock _lock = new();
    private readonly SentBatches<OutgoingMessage> _sent = new();
    // Null while the silo has no session. Whatever the silo may have of what was sent, it has under this id.
    private Guid? _id = id;
    private Guid? _polled;
    private long _acknowledged;
    private bool _isClosed;
    private TaskCompletionSource<Guid?>? _opening;

    public SiloId Silo => silo;

    /// <summary>
    /// The windows of the lanes that are dealt here, by their numbers. Each goes on with the lane of the next deal: what the silo takes at once, and has
    /// under way, is the same. Guarded by the stream.
    /// </summary>
    public List<LaneWindow> Windows { get; } = [];

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _sent.IsEmpty;
        }
    }

    /// <summary>Whether it has no message, and does not ask for outcomes.</summary>
    public bool IsResting
    {
        get
        {
            lock (_lock)
                return _sent.IsEmpty && _polled is null;
        }
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _sent.All.Select(static m => m.AcceptedAt).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>Takes over a message.</summary>
    public void Add(OutgoingMessage message)
    {
        lock (_lock)
            _sent.Add(message);
    }

    /// <summary>Completes all messages: nobody waits for their outcomes any more. What the silo has refused, it has not taken: that failed.</summary>
    public void Stop()
    {
        EndAll(static m => !m.MayBeTaken && !m.IsOffered, RecordStatus.Failed, RecordErrorCodes.Shutdown,
            ClientStream.NeverTakenOver);
        Lose(null, static _ => true, RecordErrorCodes.Shutdown, "the producer was disposed before the silo told the record's end");
    }

    /// <summary>Completes a message's records that have no outcome yet.</summary>
    public void End(OutgoingMessage message, RecordStatus status, string code, string reason) => EndAll(m => m == message, status, code, reason);

    /// <summary>Completes the records of some messages that have no outcome yet.</summary>
    private void EndAll(Func<OutgoingMessage, bool> isMeant, RecordStatus status, string code, string reason)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
            _sent.EndAll(isMeant, ends, status, code, reason);
        stream.End(ends);
    }

    /// <summary>The silo is lost, or what it tells cannot be read.</summary>
    private void OnLost(string reason) => Lose(null, static m => m.MayBeTaken, RecordErrorCodes.OwnerLost, reason);

    /// <summary>The silo has no session of that id any more. What comes next opens another one.</summary>
    private void OnForgotten(Guid session) =>
        Lose(session, static m => m.MayBeTaken, RecordErrorCodes.OwnerLost, $"silo {silo} was not asked for the record's end for too long");

    /// <summary>
    /// Completes messages as unknown. Those that the silo has not answered yet are no such messages: its answers tell whether it took them over.
    /// </summary>
    private void Lose(Guid? session, Func<OutgoingMessage, bool> isLost, string code, string reason)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            if (session is not null && _id != session)
                return;
            _id = null;
            _isClosed |= session is null;
            _sent.EndAll(isLost, ends, RecordStatus.Unknown, code, reason);
        }

        if (session is null)
            stream.Leave(this, isDraining: false);
        if (ends.Count > 0)
            services.Log.Lost(stream.Stream, silo, ends.Count, code, reason);
        stream.End(ends);
    }

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
        var reply = await services.OpenAsync(stream.Stream, lane, new ClientRequest { Session = session, Silo = silo }).ConfigureAwait(false);
        if (reply is not null)
            stream.Silos(reply.Silos);
        var isOpen = reply?.HasOpened(silo) == true;
        lock (_lock)
        {
            _opening = null;
            _isClosed |= !isOpen;
            (_id, _acknowledged) = (_isClosed ? null : session, 0);
            opening.SetResult(_id);
        }

        if (!isOpen)
            stream.Leave(this, isDraining: false);
    }

    /// <summary>
    /// Notes that the silo has the message, or may have it, and polls for its outcome. It ends where nothing will tell that: the session has another id by
    /// now, or none.
    /// </summary>
    private void NoteTaken(Guid session, OutgoingMessage message, bool hasAnswer)
    {
        var (isCurrent, isPolled) = (false, false);
        lock (_lock)
        {
            message.MayBeTaken = true;
            message.Answered(hasAnswer);
            (isCurrent, isPolled) = (_id == session, _polled == session);
            if (isCurrent)
                _polled = session;
        }

        if (!isCurrent)
            EndUntold(message);
        else if (!isPolled)
            _ = PollAsync(session);
    }

    /// <summary>Rests: the silo need not keep a session for nothing. False when it was given a message meanwhile.</summary>
    private bool TryRest(Guid session, ILaneCalls calls)
    {
        lock (_lock)
        {
            if (!_sent.IsEmpty || _id != session)
                return false;
            _id = null;
        }

        _ = calls.CloseAsync(NewRequest(session)).Observed();
        return true;
    }

    private bool IsCurrent(Guid session)
    {
        lock (_lock)
            return _id == session;
    }

    private ClientRequest NewRequest(Guid session)
    {
        lock (_lock)
            return new ClientRequest { Session = session, Silo = silo, AcknowledgedUpTo = _acknowledged, EndedBefore = _sent.EndedBefore };
    }
}

/// <summary>Waits for the answers of silos.</summary>
internal static class LaneAnswers
{
    /// <summary>Returns the answer of a call, unless a gateway is lost meanwhile: it may have been this call's, whose answer would never come.</summary>
    public static async Task<T> AnswerOrLossAsync<T>(this ILanes lanes, Func<Task<T>> call)
    {
        // Asked for before the call begins: a loss in between is missed otherwise. A token, not a task: whoever stops waiting for a task is searched for in
        // the list of all who wait for it, and every session of the process has a call that waits.
        var lost = lanes.GatewayLost;
        var answer = call();
        try
        {
            return await answer.WaitAsync(lost).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            _ = answer.Observed();
            throw new TimeoutException("a gateway was lost while its answer was awaited");
        }
    }

    /// <summary>Opens a session at the silo that the request names, or continues one; null where it does not answer.</summary>
    public static async Task<ClientReply?> OpenAsync(this ClientServices services, string stream, ILaneCalls lane, ClientRequest request)
    {
        try
        {
            return await services.Lanes.AnswerOrLossAsync(() => lane.OpenAsync(request)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            services.Log.NotAnswered(e, stream, request.Silo!);
            return null;
        }
    }

    /// <summary>Whether that silo has opened the session. One that passes no opening on opens a session of its own.</summary>
    public static bool HasOpened(this ClientReply reply, SiloId silo) => reply.Verdict == ClientVerdict.Accepted && reply.Silo.Equals(silo);
}
