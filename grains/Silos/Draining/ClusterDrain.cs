using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Receiving;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Silos.Draining;

/// <summary>
/// Takes this silo out of the cluster before Orleans stops it: the other silos are notified, its shards move to them, and every record that
/// was accepted here gets its outcome.
/// </summary>
internal sealed partial class ClusterDrain(
    ClusterProducer producer, LinkReceiver receiver, ClientSessions sessions, ISiloLinks links, LiveSilos silos, ShardMover mover, HostedShards hosted,
    SiloState start, KplOptions options,
    TimeProvider time, ILogger<ClusterDrain> logger, BacklogTakeover? takeover = null)
{
    /// <summary>
    /// The time limit for reporting the outcomes of other silos' and clients' records, after every record has its outcome.
    /// </summary>
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TellPoll = TimeSpan.FromMilliseconds(20);

    private const int TellAttempts = 3;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<SiloId, byte> _told = new();
    private Task? _draining;

    /// <summary>Completes when this silo has nothing left to do. A second call waits for the same drain.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
            return _draining ??= Task.Run(DrainOnceAsync);
    }

    private async Task DrainOnceAsync()
    {
        start.Drain();
        if (takeover is not null)
            await takeover.StopAsync().ConfigureAwait(false);
        await LeaveAsync().ConfigureAwait(false);
        await producer.StopAsync().ConfigureAwait(false);
        if (takeover is not null)
        {
            await takeover.EndAsync().ConfigureAwait(false);
            await TellAllAsync(Others(), static l => l.BacklogLeftAsync()).ConfigureAwait(false);
        }

        var until = time.GetTimestamp();
        while (!(receiver.HasToldAll && sessions.HasToldAll) && time.GetElapsedTime(until) < TellTimeout)
            await Task.Delay(TellPoll, time).ConfigureAwait(false);
    }

    /// <summary>Moves every shard away, while there are silos to take them.</summary>
    private async Task LeaveAsync()
    {
        silos.Changed += TellNewcomers;
        await TellNewAsync().ConfigureAwait(false);
        if (_told.IsEmpty)
            return;
        using var limit = new CancellationTokenSource(options.DrainTimeout, time);
        try
        {
            do
                await mover.MoveAsync().WaitAsync(limit.Token).ConfigureAwait(false);
            while (hosted.Count > 0 && await PauseAsync(limit.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException e)
        {
            LogMovesCut(e);
        }

        // From here on the other silos send records elsewhere; without this call a record could arrive after this silo has drained.
        await TellAllAsync(Others(), l => l.MovedAsync(silos.Self)).ConfigureAwait(false);
    }

    /// <summary>Notifies silos that start while this one leaves: they would take it for an owner.</summary>
    private void TellNewcomers() => _ = TellNewAsync();

    private async Task TellNewAsync()
    {
        List<SiloId> others = [.. Others().Where(s => _told.TryAdd(s, 0))];
        await TellAllAsync(others, l => l.LeavingAsync(silos.Self)).ConfigureAwait(false);
        // This silo's own view changes last: from here on its shards belong elsewhere, and a shard that still arrives here is passed on.
        if (others.Count > 0)
            silos.MarkLeaving(silos.Self);
    }

    private List<SiloId> Others() => [.. silos.Owners.Where(s => !s.Equals(silos.Self))];

    private async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TellPoll, time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private Task TellAllAsync(IEnumerable<SiloId> others, Func<ISiloCalls, Task> tell) => Task.WhenAll(others.Select(s => TellAsync(s, tell)));

    /// <summary>Notifies a silo; if it does not answer, notifies it again while it is there.</summary>
    private async Task TellAsync(SiloId silo, Func<ISiloCalls, Task> tell)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await tell(links.To(silo)).ConfigureAwait(false);
                return;
            }
            catch (Exception e)
            {
                LogNotTold(e, silo);
                if (attempt == TellAttempts || !silos.Owners.Contains(silo))
                    return;
            }
        }
    }

    [LoggerMessage(68, LogLevel.Warning, "Silo {Silo} was not told that this one leaves")]
    private partial void LogNotTold(Exception error, SiloId silo);

    [LoggerMessage(69, LogLevel.Warning, "Not every shard moved within the drain limit")]
    private partial void LogMovesCut(Exception error);
}
