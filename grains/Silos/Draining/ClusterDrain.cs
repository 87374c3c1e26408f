using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Timing;
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
    SiloState start, StopBudget stop, IRowStore store, TimeProvider time, ILogger<ClusterDrain> logger, BacklogTakeover? takeover = null)
{
    /// <summary>The time limit for reporting the outcomes of other silos' and clients' records, after every record has its outcome.</summary>
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The longest time to tell others of the backlog: a silo that is frozen must leave time to write the numbers.</summary>
    private static readonly TimeSpan LongestBacklogTelling = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan TellPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest time between two sweeps that move nothing: each calls for every shard, and logs those that failed.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>How long the moves wait for every silo to answer once one that takes shards has. A shard that is on its way here arrives sooner.</summary>
    private static readonly TimeSpan LongestTelling = TimeSpan.FromSeconds(10);

    private const int TellAttempts = 3;

    private readonly Lock _lock = new();

    /// <summary>The silos that are told that this one leaves, and whether they have answered.</summary>
    private readonly ConcurrentDictionary<SiloId, bool> _told = new();
    private Task? _draining;

    /// <summary>Completes when this silo has nothing left to do. A second call waits for the same drain.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
            return _draining ??= Task.Run(DrainOnceAsync);
    }

    private async Task DrainOnceAsync()
    {
        stop.Begin();
        start.Drain();
        await LeaveAsync().ConfigureAwait(false);
        var isWhole = await StopProducerAsync().ConfigureAwait(false);
        using var end = new CancellationTokenSource(stop.ForEnd(TellTimeout), time);
        await Task.WhenAll(LeaveWorkAsync(isWhole, end.Token), TellOutcomesAsync(end.Token)).ConfigureAwait(false);
    }

    /// <summary>Ends every record and closes the backlog. Logs whose store is away are left as they are: other silos find them when this one is gone.</summary>
    /// <returns>Whether every record has ended.</returns>
    private async Task<bool> StopProducerAsync()
    {
        var isWhole = await producer.StopAsync().EndsWithin(stop.ForClosing, time).ConfigureAwait(false);
        if (!isWhole)
            LogClosingCut();
        return isWhole;
    }

    /// <summary>Leaves the backlog to others, then its numbers: whoever reads these finds the records that wait counted by another silo.</summary>
    private async Task LeaveWorkAsync(bool isWhole, CancellationToken end)
    {
        await GiveBacklogBackAsync(end).ConfigureAwait(false);
        if (!isWhole)
            return;
        await EndedNumbers.KeepAllAsync(
            store, producer.NumberedStreams, (stream, former) => EndedNumbers.Join(former, producer.NumbersOf(stream), time.GetUtcNow()),
            producer.TellNumbersNotKept, end).ConfigureAwait(false);
    }

    /// <summary>Gives the logs of silos that are gone back, so that others go on with them. Where the store is away they find out by themselves.</summary>
    private async Task GiveBacklogBackAsync(CancellationToken end)
    {
        if (takeover is null)
            return;
        try
        {
            await takeover.EndAsync().WaitAsync(end).ConfigureAwait(false);
            using var limit = new CancellationTokenSource(LongestBacklogTelling, time);
            using var telling = CancellationTokenSource.CreateLinkedTokenSource(end, limit.Token);
            await TellAllAsync(Takers(), static l => l.BacklogLeftAsync(), telling.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            LogBacklogCut(e);
        }
    }

    private async Task TellOutcomesAsync(CancellationToken end)
    {
        while (!(receiver.HasToldAll && sessions.HasToldAll) && !end.IsCancellationRequested)
            await Task.Delay(TellPoll, time, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes no more logs over and moves every shard away, while there are silos to take them.</summary>
    private async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(stop.ForMoves, time);
        // Nothing is taken over from this call on. A look that is under way may wait for a store that is away, and holds up no move.
        var looked = takeover?.StopAsync() ?? Task.CompletedTask;
        try
        {
            await MoveAwayAsync(limit.Token).ConfigureAwait(false);
            await looked.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            LogMovesCut(e);
        }

        if (_told.IsEmpty || (hosted.Count > 0 && Takers().Count == 0))
            return;
        // From here on the other silos send records elsewhere; without this call a record could arrive after this silo has drained.
        using var moved = new CancellationTokenSource(stop.ForEnd(TellTimeout), time);
        await TellAllAsync(Others(), l => l.MovedAsync(silos.Self), moved.Token).ConfigureAwait(false);
    }

    private async Task MoveAwayAsync(CancellationToken limit)
    {
        silos.Changed += TellNewcomers;
        await TellNewAsync(limit).ConfigureAwait(false);
        if (_told.IsEmpty)
            return;
        var backoff = new Backoff(TellPoll, LongestPause);
        while (true)
        {
            var here = hosted.Keys;
            await mover.MoveAsync().WaitAsync(limit).ConfigureAwait(false);
            if (hosted.Count == 0 || Takers().Count == 0)
                return;
            if (!here.All(hosted.Contains))
                backoff.Reset();
            await Task.Delay(backoff.Next(), time, limit).ConfigureAwait(false);
        }
    }

    /// <summary>Notifies silos that start while this one leaves: they would take it for an owner.</summary>
    private void TellNewcomers() => _ = TellNewAsync(CancellationToken.None);

    private async Task TellNewAsync(CancellationToken limit)
    {
        // Shards that nobody takes stay here, and the others go on sending for them.
        if (Takers().Count == 0)
            return;
        List<SiloId> others = [.. Others().Where(s => _told.TryAdd(s, false))];
        var telling = Task.WhenAll(others.Select(async s => _told[s] = await TellAsync(s, l => l.LeavingAsync(silos.Self), limit).ConfigureAwait(false)));
        while (!await telling.EndsWithin(LongestTelling, time).ConfigureAwait(false) && !HasAnyTakerAnswered())
        {
        }

        // One that is cut off counts as active until the others notice: it is given no shard, and holds up no move to those that answer.
        foreach (var silent in HasAnyTakerAnswered() ? Takers().FindAll(s => others.Contains(s) && !_told[s]) : [])
        {
            LogSilent(silent);
            silos.MarkLeaving(silent);
        }

        // This silo's own view changes last: from here on its shards belong elsewhere, and a shard that still arrives here is passed on.
        if (others.Count > 0)
            silos.MarkLeaving(silos.Self);
    }

    /// <summary>The other silos, those that leave too: they would take this one for an owner.</summary>
    private List<SiloId> Others() => [.. silos.Active.Where(s => !s.Equals(silos.Self))];

    /// <summary>The other silos that can take shards.</summary>
    private List<SiloId> Takers() => [.. silos.Owners.Where(s => !s.Equals(silos.Self))];

    private bool HasAnyTakerAnswered() => Takers().Exists(s => _told.GetValueOrDefault(s));

    private Task<bool[]> TellAllAsync(IEnumerable<SiloId> others, Func<ISiloCalls, Task> tell, CancellationToken limit) =>
        Task.WhenAll(others.Select(s => TellAsync(s, tell, limit)));

    /// <summary>Notifies a silo; if it does not answer, notifies it again while it is there and time is left.</summary>
    /// <returns>Whether it has answered.</returns>
    private async Task<bool> TellAsync(SiloId silo, Func<ISiloCalls, Task> tell, CancellationToken limit)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await tell(links.To(silo)).Observed().WaitAsync(limit).ConfigureAwait(false);
                return true;
            }
            catch (Exception e)
            {
                LogNotTold(e, silo);
                if (attempt == TellAttempts || limit.IsCancellationRequested || !silos.Active.Contains(silo))
                    return false;
            }
        }
    }

    [LoggerMessage(68, LogLevel.Warning, "Silo {Silo} was not told that this one leaves")]
    private partial void LogNotTold(Exception error, SiloId silo);

    [LoggerMessage(229, LogLevel.Warning, "Silo {Silo} has not answered that it knows that this one leaves: it is given no shards")]
    private partial void LogSilent(SiloId silo);

    [LoggerMessage(69, LogLevel.Warning, "Not every shard moved within what the stop leaves for moves")]
    private partial void LogMovesCut(Exception error);

    [LoggerMessage(97, LogLevel.Warning, "The backlog was not closed in time: whoever goes on with its logs finds them when this silo is gone")]
    private partial void LogClosingCut();

    [LoggerMessage(88, LogLevel.Warning, "The backlog of silos that are gone was not given back in time: the others find out when this silo is gone")]
    private partial void LogBacklogCut(Exception error);
}
