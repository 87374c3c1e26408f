using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Shards;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>
/// Takes the records of one stream to the owners of their shards. Who owns a shard its grain says, which starts with the question
/// if it must; the answer is kept until it turns out to be wrong.
/// </summary>
internal sealed partial class StreamOwners(StreamPipeline stream, IGrainFactory grains, SiloLinks links, LiveSilos silos, HostedShards hosted, ILogger logger) : IShardOwners
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ShardRoute> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<SiloAddress, Outbox> _outboxes = new();
    private readonly CancellationTokenSource _stop = new();

    public long OldestAcceptedAt => _routes.Values.Select(static r => r.OldestAcceptedAt())
        .Concat(_outboxes.Values.Select(static o => o.OldestAcceptedAt())).DefaultIfEmpty(long.MaxValue).Min();

    public void Forward(ShardEngine engine, in IncomingRecord record)
    {
        var route = RouteOf(engine.Range.ShardId);
        Add(route, record, engine, out var owner);
        owner?.Pump();
    }

    public void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        var route = RouteOf(engine.Range.ShardId);
        Outbox? owner = null;
        foreach (var pick in picks)
            Add(route, batch.Record(pick), engine, out owner);
        owner?.Pump();
    }

    public void Opened(ShardEngine engine)
    {
        if (!_routes.TryGetValue(engine.Range.ShardId, out var route))
            return;
        foreach (var frame in route.LeadHere())
        {
            var hasStrays = false;
            frame.ForEach((in IncomingRecord record) => hasStrays |= !engine.Range.Contains(record.HashKey) || !engine.TryAppend(record));
            // Hash keys that are another shard's by now; its lock must not be taken under this one's.
            if (hasStrays)
                _ = Task.Run(() => RouteStraysAgain(frame, engine.Range));
        }
    }

    public void Closed(ShardRange shard)
    {
        hosted.Release(new ShardKey(stream.Stream, shard.ShardId));
        if (_routes.TryRemove(shard.ShardId, out var route))
            RouteAgain(route.LeadHere());
    }

    public void Expedite()
    {
        foreach (var outbox in _outboxes.Values)
        {
            outbox.Pump();
            _ = ExpediteAsync(outbox);
        }
    }

    public void Stop(string code, string message)
    {
        _stop.Cancel();
        foreach (var outbox in _outboxes.Values)
            outbox.Lose(code, message);
        foreach (var route in _routes.Values)
            RouteAgain(route.LeadHere());
    }

    /// <summary>A silo is gone for good, with everything that was on its way there.</summary>
    public void Lose(SiloAddress silo)
    {
        if (_outboxes.TryRemove(silo, out var outbox))
            outbox.Lose(RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
    }

    /// <summary>A silo that leaves owns nothing any more: what has not gone there goes elsewhere. Completes when nothing is under way there.</summary>
    public Task PassByAsync(SiloAddress silo)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
            return Task.CompletedTask;
        var sent = outbox.CloseAsync();
        foreach (var route in _routes.Values)
            route.Forget(outbox);
        return sent;
    }

    /// <summary>Ends of records are back from an owner.</summary>
    /// <exception cref="PackedFormatException">They are no such thing.</exception>
    public void Take(OutcomesFrame frame)
    {
        if (!_outboxes.TryGetValue(frame.Owner, out var outbox))
            return;
        outbox.Take(PackedOutcomes.Parse(frame.Outcomes));
        foreach (var shard in frame.Gone)
        {
            if (_routes.TryGetValue(shard, out var route))
                route.Forget(outbox);
        }
    }

    private void Add(ShardRoute route, in IncomingRecord record, ShardEngine engine, out Outbox? owner)
    {
        switch (route.Add(record, engine, out owner))
        {
            case ShardRoute.Step.RouteAgain:
                stream.RouteAgain(record);
                return;
            case ShardRoute.Step.Locate:
                _ = Task.Run(() => LocateAsync(route));
                break;
        }

        if (record.Member.Sink is GuestFrame guest)
            guest.Passed(route.ShardId);
    }

    /// <summary>Finds out who owns the shard, then lets go what waits for it. Records whose time is over end meanwhile.</summary>
    private async Task LocateAsync(ShardRoute route)
    {
        var grain = grains.GetGrain<IShardGrain>(new ShardKey(stream.Stream, route.ShardId).ToString());
        for (var wait = FirstWait; !_stop.IsCancellationRequested; wait = wait * 2 < LastWait ? wait * 2 : LastWait)
        {
            try
            {
                var location = await grain.Locate().ConfigureAwait(false);
                if (location.Silo.Equals(silos.Self))
                {
                    RouteAgain(route.LeadHere());
                    return;
                }

                var outbox = OutboxTo(location.Silo);
                if (route.LeadTo(outbox))
                {
                    outbox.Pump();
                    return;
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogNotLocated(e, stream.Stream, route.ShardId);
            }

            EndExpired(route);
            await Task.Delay(wait, stream.Clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Outbox OutboxTo(SiloAddress silo)
    {
        var outbox = _outboxes.GetOrAdd(silo, s => new Outbox(stream, silos.Self, s, links.To(s), logger));
        if (silos.IsLost(silo))
            Lose(silo);
        return outbox;
    }

    /// <summary>An engine of no shard would keep them; here their ends are all there is to see to.</summary>
    private void EndExpired(ShardRoute route)
    {
        var now = stream.Clock.Now;
        foreach (var frame in route.TakeWaiting())
        {
            stream.EndForwarded(ForwardedEnds.Expired(frame, now, stream.Clock.ToUtc(now)));
            frame.RouteAgain(stream, ifLaterThan: now);
        }
    }

    private void RouteStraysAgain(HeldFrame frame, ShardRange range) => frame.ForEach((in IncomingRecord record) =>
    {
        if (!range.Contains(record.HashKey))
            stream.RouteAgain(record);
    });

    private void RouteAgain(List<HeldFrame> frames)
    {
        foreach (var frame in frames)
            frame.RouteAgain(stream);
    }

    private ShardRoute RouteOf(string shardId) => _routes.GetOrAdd(shardId, static id => new ShardRoute(id));

    private async Task ExpediteAsync(Outbox outbox)
    {
        try
        {
            await links.To(outbox.Silo).Expedite(stream.Stream).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // They leave after their linger then.
            LogNotExpedited(e, outbox.Silo, stream.Stream);
        }
    }

    [LoggerMessage(62, LogLevel.Warning, "Nobody says who owns {Stream} {Shard}; it is asked again")]
    private partial void LogNotLocated(Exception error, string stream, string shard);

    [LoggerMessage(63, LogLevel.Debug, "Silo {Silo} was not told of a flush of {Stream}")]
    private partial void LogNotExpedited(Exception error, SiloAddress silo, string stream);
}
