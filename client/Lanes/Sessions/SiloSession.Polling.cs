using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Polls for outcomes: one call at a time, which the silo holds until it has some.</summary>
internal sealed partial class SiloSession
{
    /// <summary>How long a session without records stays open before it rests.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long after its time-to-live a record of an unreachable silo is waited for: by then the silo has completed it.</summary>
    private static readonly TimeSpan Unreachable = TimeSpan.FromSeconds(10);

    private bool _isDraining;

    private async Task PollAsync(Guid session)
    {
        try
        {
            await PollUntilIdleAsync(session).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            services.Events.Unexpected("asking a silo for outcomes", e);
            OnLost($"the outcomes of silo {silo} could not be read: {e.Message}");
        }

        lock (_lock)
        {
            if (_polled == session)
                _polled = null;
        }

        stream.Rested();
    }

    private async Task PollUntilIdleAsync(Guid session)
    {
        // One list for all calls, since a message reports thousands of outcomes. Not the session's: another poll may begin while this one hands them on.
        List<ForwardedOutcome> ends = [];
        var calls = services.Lanes.Fresh(stream.Stream);
        var busyAt = services.Clock.Now;
        var backoff = new Backoff(FirstWait, LastWait);
        while (true)
        {
            ClientOutcomes outcomes;
            try
            {
                outcomes = await services.Lanes.AnswerOrLossAsync(() => calls.TakeOutcomesAsync(NewRequest(session))).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The outcomes that the failed call would have returned come again.
                services.Log.NotAnswered(e, stream.Stream, silo);
                if (!IsCurrent(session))
                    return;
                // The silo must have completed those that have expired, too.
                EndAll(m => m.ExpiresAt <= services.Clock.Now - Unreachable.Ticks, RecordStatus.Unknown, RecordErrorCodes.OwnerLost,
                    $"silo {silo} cannot be reached, and has not told the record's end");
                calls = services.Lanes.Fresh(stream.Stream);
                if (_isDraining && TryRest(session, calls))
                    return;
                await Task.Delay(backoff.Next(), services.Clock.Time).ConfigureAwait(false);
                continue;
            }

            backoff.Reset();
            Take(session, outcomes, ends);
            if (!IsCurrent(session))
                return;
            var now = services.Clock.Now;
            busyAt = IsEmpty && outcomes.Messages.Length == 0 ? busyAt : now;
            // Records that an ordered stream has for other silos wait until a draining one has told the last outcome, or is given up as above.
            if ((_isDraining || now - busyAt >= IdleLimit.Ticks) && TryRest(session, calls))
                return;
        }
    }

    private void Take(Guid session, ClientOutcomes outcomes, List<ForwardedOutcome> ends)
    {
        if (!IsCurrent(session))
            return;
        switch (outcomes.Verdict)
        {
            case ClientVerdict.Lost:
                OnLost($"silo {silo} was lost before it told the record's end");
                return;
            case ClientVerdict.Forgotten:
                OnForgotten(session);
                return;
            case ClientVerdict.Draining:
                LeaveDraining();
                break;
        }

        stream.Silos(outcomes.Silos);
        for (var i = 0; i < outcomes.Messages.Length; i++)
            Take(session, outcomes.FirstMessage + i, outcomes.Messages[i], ends);
    }

    /// <exception cref="PackedFormatException">
    /// The outcomes cannot be read. They are not acknowledged, and would come again for ever: the session ends.
    /// </exception>
    private void Take(Guid session, long number, byte[] outcomes, List<ForwardedOutcome> ends)
    {
        var back = new ReturnedRecords();
        lock (_lock)
        {
            if (_id != session || number != _acknowledged + 1)
                return;
            _sent.End(PackedOutcomes.Parse(outcomes), (message, index, result) =>
            {
                if (!back.TryAdd(message, index, result))
                    ends.Add(message.OutcomeOf(index, result));
                message.ReturnIfOver();
            });
            _acknowledged = number;
        }

        stream.End(ends);
        ends.Clear();
        foreach (var message in back.Messages)
            stream.GivenBack(message);
    }

    private void LeaveDraining()
    {
        lock (_lock)
        {
            if (_isDraining || _isClosed)
                return;
            _isDraining = true;
        }

        stream.Leave(this, isDraining: true); // before anything that may take long: until then messages are given here, and come back
        services.Log.Draining(stream.Stream, silo);
    }
}
