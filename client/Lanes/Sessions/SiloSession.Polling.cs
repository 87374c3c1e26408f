using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Polls for outcomes: one call at a time, which the silo holds until it has some.</summary>
internal sealed partial class SiloSession
{
    /// <summary>How long a session without records stays open before it is closed.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long after its time-to-live a record of an unreachable silo is waited for: by then the silo has completed it.</summary>
    private static readonly TimeSpan Unreachable = TimeSpan.FromSeconds(10);

    // One list for all calls, since a message reports thousands of outcomes; only the polling uses it.
    private readonly List<ForwardedOutcome> _ends = [];
    private bool _isDraining;

    private async Task PollAsync()
    {
        try
        {
            await PollUntilIdleAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            services.Events.Unexpected("asking a silo for outcomes", e);
            OnLost(RecordErrorCodes.OwnerLost, $"the outcomes of silo {silo} could not be read: {e.Message}");
        }
    }

    private async Task PollUntilIdleAsync()
    {
        var calls = services.Lanes.Fresh(host.Stream);
        var busyAt = services.Clock.Now;
        var backoff = new Backoff(FirstWait, LastWait);
        while (true)
        {
            ClientOutcomes outcomes;
            try
            {
                outcomes = await AnswerOrLossAsync(calls.TakeOutcomesAsync(NewRequest())).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The outcomes that the failed call would have returned come again.
                services.Log.NotAnswered(e, host.Stream, silo);
                EndUnreachable();
                if (IsClosed())
                    return;
                await Task.Delay(backoff.Next(), services.Clock.Time).ConfigureAwait(false);
                calls = services.Lanes.Fresh(host.Stream);
                continue;
            }

            backoff.Reset();
            Take(outcomes);
            if (IsClosed())
                return;
            var now = services.Clock.Now;
            if (!IsEmpty)
                busyAt = now;
            else if ((_isDraining || now - busyAt >= IdleLimit.Ticks) && TryRetire())
            {
                Observe(calls.CloseAsync(NewRequest()));
                return;
            }
        }
    }

    private void Take(ClientOutcomes outcomes)
    {
        switch (outcomes.Verdict)
        {
            case ClientVerdict.Lost:
                OnLost(RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
                return;
            case ClientVerdict.Forgotten:
                OnLost(RecordErrorCodes.OwnerLost, $"silo {silo} was not asked for the record's end for too long");
                return;
            case ClientVerdict.Draining:
                LeaveDraining();
                break;
        }

        host.Silos(outcomes.Silos);
        for (var i = 0; i < outcomes.Messages.Length; i++)
            Take(outcomes.FirstMessage + i, outcomes.Messages[i]);
    }

    /// <exception cref="PackedFormatException">
    /// The outcomes cannot be read. They are not acknowledged, and would come again for ever: the session ends.
    /// </exception>
    private void Take(long number, byte[] message)
    {
        lock (_lock)
        {
            if (number != _acknowledged + 1)
                return;
            _sent.End(message, _ends);
            _acknowledged = number;
        }

        host.End(_ends);
        _ends.Clear();
    }

    /// <summary>Completes the expired records of a silo that no call reaches: the silo must have completed them too.</summary>
    private void EndUnreachable()
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            foreach (var message in _sent.TakeExpired(services.Clock.Now - Unreachable.Ticks))
                message.EndAll(ends, RecordStatus.Unknown, RecordErrorCodes.OwnerLost, $"silo {silo} cannot be reached, and has not told the record's end");
        }

        host.End(ends);
    }

    private void LeaveDraining()
    {
        lock (_lock)
        {
            if (_isDraining || _isClosed)
                return;
            _isDraining = true;
        }

        services.Log.Draining(host.Stream, silo);
        host.Leave(this, isDraining: true);
    }

    private bool TryRetire()
    {
        if (!host.TryRetire(this))
            return false;
        lock (_lock)
            return _isClosed = true;
    }

    private bool IsClosed()
    {
        lock (_lock)
            return _isClosed;
    }

    /// <summary>
    /// Returns the answer of a call, unless a gateway is lost meanwhile: it may have been this call's, whose answer would never come.
    /// </summary>
    private async Task<T> AnswerOrLossAsync<T>(Task<T> call)
    {
        if (await Task.WhenAny(call, services.Lanes.GatewayLost).ConfigureAwait(false) == call)
            return await call.ConfigureAwait(false);
        Observe(call);
        throw new TimeoutException("a gateway was lost while its answer was awaited");
    }

    private static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
