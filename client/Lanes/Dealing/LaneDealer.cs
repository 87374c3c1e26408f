using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>
/// Opens a stream's lanes: two for each silo, or one in all for an ordered stream. It deals again whenever silos come or go. Until a silo
/// answers it keeps trying, and the records wait.
/// </summary>
internal sealed class LaneDealer(ClientStream stream, ClientServices services, bool isOrdered)
{
    private const int MostLanes = 256;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait while silos answer that they have as many sessions as they may. They forget some every ten seconds.</summary>
    private static readonly TimeSpan FullWait = TimeSpan.FromSeconds(10);

    /// <summary>The wait before the first look for gateways that the client does not know; it reads their list as rarely.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait: a client may never know every gateway, and each look opens sessions that stay unused.</summary>
    private static readonly TimeSpan LastLook = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SharedWork _dealing = new(FirstWait, LastWait);
    private volatile int _silos = 1;

    // What one silo said and a deal did not confirm: the silos that it reached knew of fewer.
    private (int Silos, long Until) _unconfirmed;

    // One timer in all: deals for other reasons must neither begin more rounds of looks nor make the wait longer.
    private ITimer? _look;
    private TimeSpan _untilLook;
    private int _silosAtLook;

    /// <summary>How many silos there are, as far as is known here.</summary>
    public int KnownSilos => _silos;

    /// <summary>Deals now, or once more after the deal under way. A stream that is disposed has nothing left to send.</summary>
    public void DealSoon() => _dealing.Ask(
        DealAsync, e => services.Events.Unexpected("opening lanes", e), services.Clock.Time, _stop.Token);

    /// <summary>
    /// Notes how many silos there are, as a silo reports. Two may count differently for a while: what the deal before did not confirm is asked again
    /// some seconds later.
    /// </summary>
    public void Silos(int count)
    {
        if (count <= _silos || isOrdered)
            return;
        lock (_lock)
        {
            if (count <= _unconfirmed.Silos && services.Clock.Now < _unconfirmed.Until)
                return;
            _silos = count;
        }

        DealSoon();
    }

    public void Stop() => _stop.Cancel();

    private async Task DealAsync()
    {
        var isTold = false;
        var (backoff, full) = (new Backoff(FirstWait, LastWait), new Backoff(FirstWait, FullWait));
        while (true)
        {
            var told = _silos;
            var (opened, failure, isFull) = await OpenAsync(Count()).ConfigureAwait(false);
            if (opened.Count > 0)
            {
                var silos = Math.Max(1, opened.Max(static o => o.Silos));
                if (!isOrdered && silos > _silos)
                {
                    _silos = silos;
                    opened.AddRange((await OpenAsync(Count() - opened.Count).ConfigureAwait(false)).Opened);
                }

                lock (_lock)
                {
                    // It may have been told while the lanes were opened, too.
                    var most = Math.Max(told, _silos);
                    if (most > silos)
                        _unconfirmed = (most, services.Clock.Now + FirstLook.Ticks);
                    _silos = silos;
                }

                stream.Deal(opened);
                if (!isOrdered)
                    LookAgainLater(opened.DistinctBy(static o => o.Silo).Count(), silos);
                return;
            }

            // Who ends takes away the way to the silos.
            _stop.Token.ThrowIfCancellationRequested();
            if (!isTold)
                services.Log.NoSilo(failure, stream.Stream);
            isTold = true;
            var wait = isFull ? Backoff.Spread(full.Next(), services.NewId().GetHashCode()) : backoff.Next();
            await Task.Delay(wait, services.Clock.Time, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Deals again later while the client does not know every silo's gateway: soon where silos have come or gone, then ever more rarely.</summary>
    private void LookAgainLater(int reached, int silos)
    {
        TimeSpan untilLook;
        lock (_lock)
        {
            if (reached >= silos || silos != _silosAtLook)
                _untilLook = FirstLook;
            (_silosAtLook, untilLook) = (silos, _untilLook);
        }

        if (_look is null)
        {
            _look = services.Clock.Time.CreateTimer(static d => ((LaneDealer)d!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _stop.Token.Register(static l => ((ITimer)l!).Dispose(), _look);
        }

        _look.Change(reached < silos ? untilLook : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        if (!stream.IsActive)
            return;
        lock (_lock)
            _untilLook = _untilLook > LastLook / 2 ? LastLook : _untilLook * 2;
        DealSoon();
    }

    private int Count() => isOrdered ? 1 : Math.Min(MostLanes, ClientBatch.LanesPerSilo * _silos);

    /// <summary>Opens lanes: to that silo by its name, by whichever gateway there is, or to whichever silos they reach.</summary>
    /// <returns>Those that were opened, why one was not, and whether a silo has no room for the session.</returns>
    public async Task<(List<OpenedLane> Opened, Exception? Failure, bool IsFull)> OpenAsync(int count, SiloId? silo = null)
    {
        var session = services.NewId();
        Exception? failure = null;
        var isFull = false;
        var asked = await Task.WhenAll(Enumerable.Range(0, Math.Max(0, count)).Select(async _ =>
        {
            try
            {
                var calls = services.Lanes.Fresh(stream.Stream);
                var request = new ClientRequest { Session = session, Silo = silo };
                var reply = await services.Lanes.AnswerOrLossAsync(() => calls.OpenAsync(request)).ConfigureAwait(false);
                isFull |= reply.Verdict == ClientVerdict.MemoryFull;
                return reply.HasOpened(silo ?? reply.Silo) ? new OpenedLane(calls, session, reply.Silo, reply.Silos) : null;
            }
            catch (Exception e)
            {
                failure ??= e;
                return null;
            }
        })).ConfigureAwait(false);
        return ([.. asked.OfType<OpenedLane>()], failure, isFull);
    }

    /// <summary>Closes sessions that are not used: a silo has room for so many, and would keep these for a minute.</summary>
    public static void Close(IEnumerable<OpenedLane> unused)
    {
        foreach (var (calls, session, silo, _) in unused)
            _ = calls.CloseAsync(new ClientRequest { Session = session, Silo = silo }).Observed();
    }
}
