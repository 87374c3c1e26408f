using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Announcing;

/// <summary>
/// Announces, ahead of a reshard, where the new shards of a stream will start. From then on no Kinesis record holds members of two of them, so that
/// none is sent twice or reaches a wrong shard, whenever the service switches.
/// </summary>
internal sealed class BoundaryAnnouncer(ShardTopology topology, StreamSender sender, MonotonicClock clock, Rerouter rerouter)
{
    /// <summary>How long an announcement is valid if no reshard follows.</summary>
    private static readonly TimeSpan LongestValid = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>
    /// Announces boundaries in addition to those announced before. A boundary is valid until the map shows a shard that starts there, until it is
    /// withdrawn, or for ten minutes.
    /// </summary>
    /// <returns>Completes when no Kinesis record that straddles a boundary is in flight any more. The stream can then be resharded.</returns>
    public Task AnnounceAsync(IReadOnlyCollection<UInt128> hashKeys)
    {
        var until = clock.Now + LongestValid.Ticks;
        Cut(topology.Announce(hashKeys, until));
        var boundaries = topology.Boundaries;
        foreach (var record in sender.TakeOut(boundaries.Divide))
        {
            // Its members pay again.
            record.Engine.GiveBack(record);
            rerouter.Reroute(record);
        }

        _ = ForgetLaterAsync(until);
        return sender.ClearedOfAsync(boundaries.Divide);
    }

    /// <summary>Withdraws boundaries, because no shards will start there.</summary>
    public void Withdraw(IReadOnlyCollection<UInt128> hashKeys)
    {
        var withdrawn = hashKeys.ToHashSet();
        Cut(topology.Withdraw((start, _) => withdrawn.Contains(start)));
    }

    public void Stop() => _stop.Cancel();

    private async Task ForgetLaterAsync(long until)
    {
        await Task.Delay(LongestValid, clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Once the producer is disposed, no aggregates are cut any more.
        if (!_stop.IsCancellationRequested)
            Cut(topology.Withdraw((_, validUntil) => validUntil <= until));
    }

    private void Cut(IReadOnlyList<ShardEngine> engines)
    {
        var boundaries = topology.Boundaries;
        foreach (var record in engines.SelectMany(e => e.Cut(boundaries)))
            rerouter.Reroute(record);
    }
}
