using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Lanes;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Grains.Shards;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Draining;

/// <summary>
/// Takes this silo out of the cluster before Orleans stops it: the others are told, its shards move to them, and every record
/// that was accepted here comes to its end.
/// </summary>
internal sealed partial class ClusterDrain(
    ClusterProducer producer, LinkReceiver receiver, ClientSessions sessions, SiloLinks links, LiveSilos silos, ShardMover mover, SiloStart start, KplOptions options,
    TimeProvider time, ILogger<ClusterDrain> logger, BacklogTakeover? takeover = null)
{
    /// <summary>How long ends of other silos' and clients' records may take to be told after every record has come to its end.</summary>
    private static readonly TimeSpan TellTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TellPoll = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private Task? _draining;

    /// <summary>Completes when nothing of this silo is left to do. Calling it again waits for the same end.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
            return _draining ??= Task.Run(DrainOnceAsync);
    }

    private async Task DrainOnceAsync()
    {
        start.Drain();
        if (takeover is not null)
            await takeover.StopAsync().ConfigureAwait(false);
        var others = silos.Owners.Where(s => !s.Equals(silos.Self)).ToList();
        if (others.Count > 0)
        {
            await TellAllAsync(others, l => l.Leaving(silos.Self)).ConfigureAwait(false);
            // Its own view changes last: from here on its shards belong elsewhere.
            silos.MarkLeaving(silos.Self);
            await WithinAsync(mover.MoveAsync(), options.DrainTimeout).ConfigureAwait(false);
            // What they send from here on they send elsewhere; without this a record could arrive after the end.
            await TellAllAsync(others, l => l.Moved(silos.Self)).ConfigureAwait(false);
        }

        await producer.StopAsync().ConfigureAwait(false);
        if (takeover is not null)
        {
            await takeover.EndAsync().ConfigureAwait(false);
            await TellAllAsync(others, static l => l.BacklogLeft()).ConfigureAwait(false);
        }

        var until = time.GetTimestamp();
        while (!(receiver.HasToldAll && sessions.HasToldAll) && time.GetElapsedTime(until) < TellTimeout)
            await Task.Delay(TellPoll, time).ConfigureAwait(false);
    }

    private Task TellAllAsync(IEnumerable<SiloAddress> others, Func<ISiloLink, Task> tell) => Task.WhenAll(others.Select(async silo =>
    {
        try
        {
            await tell(links.To(silo)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotTold(e, silo);
        }
    }));

    private async Task WithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            LogMovesCut(e);
        }
    }

    [LoggerMessage(68, LogLevel.Warning, "Silo {Silo} was not told that this one leaves")]
    private partial void LogNotTold(Exception error, SiloAddress silo);

    [LoggerMessage(69, LogLevel.Warning, "Not every shard moved within the drain limit")]
    private partial void LogMovesCut(Exception error);
}
