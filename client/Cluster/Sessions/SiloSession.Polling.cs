using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Client.Sessions;

/// <summary>How ends are asked for: one call at a time, which the silo holds until there are some.</summary>
internal sealed partial class SiloSession
{
    /// <summary>A session without records goes on for so long, then it is closed.</summary>
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long after its time-to-live a record is waited for whose silo no call reaches: what the silo has of it has ended by then.
    /// </summary>
    private static readonly TimeSpan Unreachable = TimeSpan.FromSeconds(10);

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
            Lose(RecordErrorCodes.OwnerLost, $"the outcomes of silo {silo} could not be read: {e.Message}");
        }
    }

    private async Task PollUntilIdleAsync()
    {
        var grain = services.Lanes.Fresh(host.Stream);
        var busyAt = services.Clock.Now;
        for (var wait = FirstWait; ;)
        {
            var request = NewRequest();
            var gatewayLost = services.Lanes.GatewayLost;
            var call = grain.TakeOutcomes(request);
            if (await Task.WhenAny(call, gatewayLost).ConfigureAwait(false) != call)
            {
                // It may have been this way's gateway: what the call would have brought comes again.
                Observe(call);
                grain = services.Lanes.Fresh(host.Stream);
                continue;
            }

            var outcomes = call.IsCompletedSuccessfully ? call.Result : null;
            if (outcomes is null)
            {
                services.Log.NotAnswered(call.Exception?.InnerException ?? new OperationCanceledException(), host.Stream, silo);
                EndUnreachable();
                if (IsClosed())
                    return;
                await Task.Delay(wait, services.Clock.Time).ConfigureAwait(false);
                wait = wait * 2 < LastWait ? wait * 2 : LastWait;
                grain = services.Lanes.Fresh(host.Stream);
                continue;
            }

            wait = FirstWait;
            Take(outcomes);
            if (IsClosed())
                return;
            var now = services.Clock.Now;
            if (!IsEmpty)
                busyAt = now;
            else if ((_isDraining || now - busyAt >= IdleLimit.Ticks) && TryRetire())
            {
                Observe(grain.Close(NewRequest()));
                return;
            }
        }
    }

    private void Take(LaneOutcomes outcomes)
    {
        switch (outcomes.Verdict)
        {
            case LaneVerdict.Lost:
                Lose(RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
                return;
            case LaneVerdict.Forgotten:
                Lose(RecordErrorCodes.OwnerLost, $"silo {silo} was not asked for the record's end for too long");
                return;
            case LaneVerdict.Draining:
                LeaveDraining();
                break;
        }

        host.Silos(outcomes.Silos);
        for (var i = 0; i < outcomes.Messages.Length; i++)
            Take(outcomes.FirstMessage + i, outcomes.Messages[i]);
    }

    private void Take(long number, byte[] message)
    {
        List<ForwardedEnd> ends = [];
        lock (_gate)
        {
            if (number != _acknowledged + 1)
                return;
            _acknowledged = number;
            try
            {
                _sent.End(message, ends);
            }
            catch (PackedFormatException e)
            {
                services.Events.Unexpected("reading outcomes", e);
            }
        }

        host.End(ends);
    }

    /// <summary>No call reaches the silo, and what it has must have ended.</summary>
    private void EndUnreachable()
    {
        List<ForwardedEnd> ends = [];
        lock (_gate)
        {
            foreach (var message in _sent.TakeExpired(services.Clock.Now - Unreachable.Ticks))
                message.EndAll(ends, RecordStatus.Unknown, RecordErrorCodes.OwnerLost, $"silo {silo} cannot be reached, and has not told the record's end");
        }

        host.End(ends);
    }

    private void LeaveDraining()
    {
        lock (_gate)
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
        lock (_gate)
            return _isClosed = true;
    }

    private bool IsClosed()
    {
        lock (_gate)
            return _isClosed;
    }

    private static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
