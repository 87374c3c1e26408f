using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Sends the records of one stream to the owners of their shards. The owner of a shard is asked where it is, which activates it if necessary; the answer is
/// kept until it proves wrong.
/// </summary>
/// <remarks>
/// Where records keep their order, each shard has a queue here, which goes to one owner at a time. Records that an owner cannot send come back, since only
/// this silo knows which records go first. Where records may overtake each other, those that came back from one owner go to the next at once.
/// </remarks>
internal sealed partial class StreamOwners(StreamPipeline stream, OwnersContext context) : IShardOwners
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = context.Logger;
    private readonly ConcurrentDictionary<SiloId, Outbox> _outboxes = new();
    private readonly ConcurrentDictionary<string, ShardRoute> _routes = new(StringComparer.Ordinal);

    // By their numbers: a stream that was created again has the ids of its former shards, whose queues may not be over.
    private readonly ConcurrentDictionary<long, OrderedShardQueue> _queues = new();
    private readonly CancellationTokenSource _stop = new();
    private long _made;

    public long OldestAcceptedAt => _outboxes.Values.Select(static o => o.OldestAcceptedAt())
        .Concat(_routes.Values.Select(static r => r.OldestAcceptedAt()))
        .Concat(_queues.Values.Select(static q => q.OldestAcceptedAt()))
        .DefaultIfEmpty(long.MaxValue).Min();

    public bool IsAtRest =>
        _outboxes.Values.All(static o => o.IsAtRest) && _routes.Values.All(static r => r.IsAtRest) && _queues.Values.All(static q => q.IsAtRest);

    public int Processes => context.Silos.Owners.Count;

    public int HostedShards => context.Hosted.CountOf(stream.Stream);

    /// <summary>Makes the owners of a stream that opens here; they are among those of the context from then on.</summary>
    public static StreamOwners Create(StreamPipeline stream, OwnersContext context) => context.Open[stream.Stream] = new StreamOwners(stream, context);

    public IShardQueue? NewQueue(ShardEngine engine)
    {
        if (!stream.IsOrdered)
            return null;
        var queue = new OrderedShardQueue(stream, engine, this, Interlocked.Increment(ref _made));
        _queues.TryAdd(queue.Number, queue);
        return queue;
    }

    /// <summary>Removes a queue that is empty and stays empty.</summary>
    public void Remove(OrderedShardQueue queue) => _queues.TryRemove(queue.Number, out _);

    /// <summary>Returns the number of the next tenure.</summary>
    public long NextTenure() => context.Memory.NextTenure();

    /// <summary>
    /// Takes over records that may overtake each other, for the owner of their shard. Those that another silo sent here go back to it, and to nobody else: so
    /// none goes in a circle between silos with different maps.
    /// </summary>
    public void Forward(ShardEngine engine, in ShardRecords records)
    {
        if (records.Sink.Rider is { CountsElsewhere: true })
        {
            for (var i = 0; i < records.Count; i++)
                MixedCompleter.TryGiveBack(records[i].Member, records[i].History);
        }
        else if (_routes.GetOrAdd(engine.Range.ShardId, static (id, owners) => owners.NewRoute(id), this).TryAdd(records, engine))
            (records.Sink as ISentElsewhere)?.SentElsewhere(records.Count);
        else
        {
            for (var i = 0; i < records.Count; i++)
                stream.Forwarding.RouteAgain(records[i]);
        }
    }

    public void Opened(ShardEngine engine)
    {
        // Under its lock, other engines' locks must not be taken; and the shard of its id may have had other hash keys before. The queue of an ordered
        // stream is notified outside that lock.
        if (_routes.TryGetValue(engine.Range.ShardId, out var route) && route.TakeAll() is { Count: > 0 } frames)
            _ = Task.Run(() => frames.ForEach(f => f.RouteAgain(stream)));
    }

    public void Closed(string shardId)
    {
        context.Hosted.Release(new ShardKey(stream.Stream, shardId));
        if (_routes.TryRemove(shardId, out var route))
            route.RouteAgain();
    }

    public void Expedite()
    {
        foreach (var outbox in _outboxes.Values)
            outbox.Expedite();
    }

    public void Stop()
    {
        _stop.Cancel();
        foreach (var outbox in _outboxes.Values)
            outbox.OnLost(isStop: true);
        foreach (var route in _routes.Values)
            route.RouteAgain();
    }

    /// <summary>Handles the loss of a silo: it is gone for good, with the records on their way there.</summary>
    public void OnLost(SiloId silo)
    {
        if (_outboxes.TryRemove(silo, out var outbox))
            outbox.OnLost(isStop: false);
    }

    /// <summary>Stops routing records to a silo that leaves: unsent records go elsewhere. Completes when nothing is under way there.</summary>
    public Task StopRoutingToAsync(SiloId silo)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
            return Task.CompletedTask;
        var sent = outbox.CloseAsync();
        foreach (var route in _routes.Values)
            route.Forget(outbox);
        foreach (var queue in _queues.Values)
            queue.Leave(outbox);
        return sent;
    }

    /// <summary>
    /// Takes the outcomes that came back from an owner, and routes the records again that came back without one. What cannot be read is taken too: told again
    /// it would be the same, and hold up all that the owner has to tell. Its records end by time.
    /// </summary>
    public void Take(OutcomesFrame frame)
    {
        if (!_outboxes.TryGetValue(frame.Owner, out var outbox) || Read(frame) is not { } outcomes || outbox.Take(outcomes) is not { } back)
            return;
        foreach (var some in back.TakeAll())
        {
            some.ForEach((in IncomingRecord record) =>
            {
                // Asked for again, the owner gave them back: the shard may be closed by now.
                if (_routes.TryGetValue(stream.Shards.ShardOf(record.HashKey), out var route) && route.CameBackFrom(outbox))
                    stream.RefreshMap();
                stream.Forwarding.RouteAgain(record);
            });
        }
    }

    private PackedOutcomes? Read(OutcomesFrame frame)
    {
        try
        {
            return PackedOutcomes.Parse(frame.Outcomes);
        }
        catch (PackedFormatException e)
        {
            LogNotRead(e, frame.Owner, stream.Stream);
            return null;
        }
    }

    /// <summary>Begins to ask for the owner of a shard, until the answer is accepted: at once, then after growing waits.</summary>
    /// <param name="fruitless">How many owners in a row have given records back after the first that did: the more, the later the first question.</param>
    /// <param name="isAwaited">Whether to ask again. Once it is false, nobody asks: whoever waits next begins anew.</param>
    /// <param name="settle">Takes the answer, null for this silo; returns false to ask again.</param>
    public void Locate(string shardId, int fruitless, Func<bool> isAwaited, Func<Outbox?, bool> settle) =>
        _ = OwnFlow.Run(() => Task.Run(() => LocateAsync(shardId, fruitless, isAwaited, settle)));

    private async Task LocateAsync(string shardId, int fruitless, Func<bool> isAwaited, Func<Outbox?, bool> settle)
    {
        var shard = new ShardKey(stream.Stream, shardId);
        if (fruitless > 0)
            await PauseAsync(FirstWait * (1 << Math.Min(fruitless, 5))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var backoff = new Backoff(FirstWait, LastWait);
        while (!_stop.IsCancellationRequested && isAwaited())
        {
            try
            {
                var owner = await context.Shards.LocateAsync(shard).ConfigureAwait(false);
                if (owner.IsOpen && settle(owner.Silo.Equals(context.Silos.Self) ? null : OutboxTo(owner.Silo)))
                    return;
            }
            catch (Exception e)
            {
                LogNotLocated(e, stream.Stream, shardId);
            }

            await PauseAsync(backoff.Next()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task PauseAsync(TimeSpan wait) => Task.Delay(wait, stream.Clock.Time, _stop.Token);

    private ShardRoute NewRoute(string shardId) => new(stream, this, shardId);

    private Outbox OutboxTo(SiloId silo)
    {
        var outbox = _outboxes.GetOrAdd(silo, s => new Outbox(stream, context.Silos.Self, s, context.Links.To(s), context.Memory, context.Logger));
        if (context.Silos.IsLost(silo))
            OnLost(silo);
        // It was told to the streams that were open then.
        if (context.Memory.HasMoved(silo))
            _ = outbox.CloseAsync();
        // A silo that stops may not have met the new one.
        if (_stop.IsCancellationRequested)
            outbox.OnLost(isStop: true);
        return outbox;
    }

    [LoggerMessage(62, LogLevel.Warning, "Nobody says who owns {Stream} {Shard}; it is asked again")]
    private partial void LogNotLocated(Exception error, string stream, string shard);

    [LoggerMessage(236, LogLevel.Error, "What silo {Silo} told of the ends of records of stream {Stream} cannot be read: those records end by time")]
    private partial void LogNotRead(Exception error, SiloId silo, string stream);
}

/// <summary>The services through which this silo reaches the owners of every stream.</summary>
/// <param name="Shards">Locates the owner of a shard.</param>
/// <param name="Links">The links to the other silos.</param>
/// <param name="Memory">What is remembered of the links while a stream is closed.</param>
/// <param name="Logger">Logs silos and owners that do not answer.</param>
internal sealed record OwnersContext(IShardDirectory Shards, ISiloLinks Links, LiveSilos Silos, HostedShards Hosted, LinkMemory Memory, ILogger Logger)
{
    /// <summary>The owners of each stream that is open here, by its canonical name.</summary>
    public ConcurrentDictionary<string, StreamOwners> Open { get; } = new(StringComparer.Ordinal);
}
