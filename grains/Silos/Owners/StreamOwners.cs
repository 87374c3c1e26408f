using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Takes the records of one stream to the owners of their shards. The shard's owner, which the question brings to life if
/// necessary, says where it is; the answer is kept until it proves wrong.
/// </summary>
internal abstract partial class StreamOwners(StreamPipeline stream, OwnersContext context) : IShardOwners
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = context.Logger;
    private readonly ConcurrentDictionary<SiloId, Outbox> _outboxes = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile Tuple<string, string>? _stopped;

    public virtual long OldestAcceptedAt => _outboxes.Values.Select(static o => o.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min();

    public virtual bool IsAtRest => _outboxes.Values.All(static o => o.IsAtRest);

    public int HostedShards => context.Hosted.CountOf(stream.Stream);

    protected StreamPipeline Stream => stream;

    protected OwnersContext Context => context;

    /// <summary>Makes the owners of a stream that opens here; they are among those of the context from then on.</summary>
    public static StreamOwners Create(StreamPipeline stream, OwnersContext context) =>
        context.Open[stream.Stream] = stream.IsOrdered ? new OrderedOwners(stream, context) : new UnorderedOwners(stream, context);

    public abstract IShardQueue? NewQueue(ShardEngine engine);

    public abstract void Forward(ShardEngine engine, in ShardRecords records);

    public abstract void Opened(ShardEngine engine);

    public virtual void Closed(string shardId) => context.Hosted.Release(new ShardKey(stream.Stream, shardId));

    public void Expedite()
    {
        foreach (var outbox in _outboxes.Values)
        {
            outbox.Pump();
            _ = ExpediteAsync(outbox);
        }
    }

    public virtual void Stop(string code, string message)
    {
        _stopped = Tuple.Create(code, message);
        _stop.Cancel();
        foreach (var outbox in _outboxes.Values)
            outbox.OnLost(code, message);
    }

    /// <summary>Handles the loss of a silo: it is gone for good, with the records on their way there.</summary>
    public void OnLost(SiloId silo)
    {
        if (_outboxes.TryRemove(silo, out var outbox))
            outbox.OnLost(RecordErrorCodes.OwnerLost, $"silo {silo} was lost before it told the record's end");
    }

    /// <summary>Stops routing records to a silo that leaves: unsent records go elsewhere. Completes when nothing is under way there.</summary>
    public Task StopRoutingToAsync(SiloId silo)
    {
        if (!_outboxes.TryGetValue(silo, out var outbox))
            return Task.CompletedTask;
        var sent = outbox.CloseAsync();
        StopRoutingTo(outbox);
        return sent;
    }

    /// <summary>Takes the outcomes that came back from an owner.</summary>
    /// <exception cref="PackedFormatException">The outcomes cannot be parsed.</exception>
    public void Take(OutcomesFrame frame)
    {
        if (_outboxes.TryGetValue(frame.Owner, out var outbox) && outbox.Take(PackedOutcomes.Parse(frame.Outcomes)) is { } back)
            CameBack(back, outbox);
    }

    /// <summary>Stops routing records to an outbox.</summary>
    protected abstract void StopRoutingTo(Outbox outbox);

    /// <summary>Routes records again that came back from an owner.</summary>
    protected abstract void CameBack(FrameQueue records, Outbox from);

    /// <summary>Asks for the owner of a shard until the answer is accepted: at once, then after growing waits.</summary>
    /// <param name="fruitless">How many owners in a row have given records back after the first that did: the more, the later the first question.</param>
    /// <param name="settle">Takes the answer, null for this silo; returns false to ask again.</param>
    protected async Task LocateAsync(string shardId, int fruitless, Func<Outbox?, bool> settle)
    {
        var shard = new ShardKey(stream.Stream, shardId);
        await PauseAsync(fruitless == 0 ? TimeSpan.Zero : FirstWait * (1 << Math.Min(fruitless, 5))).ConfigureAwait(false);
        var backoff = new Backoff(FirstWait, LastWait);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var owner = await context.Shards.LocateAsync(shard).ConfigureAwait(false);
                if (owner.IsOpen && settle(owner.Silo.Equals(context.Silos.Self) ? null : OutboxTo(owner.Silo)))
                    return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogNotLocated(e, stream.Stream, shardId);
            }

            await PauseAsync(backoff.Next()).ConfigureAwait(false);
        }
    }

    private async Task PauseAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, stream.Clock.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Outbox OutboxTo(SiloId silo)
    {
        var outbox = _outboxes.GetOrAdd(silo, s => new Outbox(stream, context.Silos.Self, s, context.Links.To(s), context.Memory, context.Logger));
        if (context.Silos.IsLost(silo))
            OnLost(silo);
        // It was told to the streams that were open then.
        if (context.Memory.HasMoved(silo))
            _ = outbox.CloseAsync();
        // A silo that stops may not have met the new one.
        if (_stopped is var (code, message))
            outbox.OnLost(code, message);
        return outbox;
    }

    private async Task ExpediteAsync(Outbox outbox)
    {
        try
        {
            await context.Links.To(outbox.Silo).ExpediteAsync(stream.Stream).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Without the call the records leave after their linger.
            LogNotExpedited(e, outbox.Silo, stream.Stream);
        }
    }

    [LoggerMessage(62, LogLevel.Warning, "Nobody says who owns {Stream} {Shard}; it is asked again")]
    private partial void LogNotLocated(Exception error, string stream, string shard);

    [LoggerMessage(63, LogLevel.Debug, "Silo {Silo} was not told of a flush of {Stream}")]
    private partial void LogNotExpedited(Exception error, SiloId silo, string stream);
}

/// <summary>The services through which this silo reaches the owners of every stream.</summary>
/// <param name="Shards">Locates the owner of a shard.</param>
/// <param name="Links">The links to the other silos.</param>
/// <param name="Hosted">The shards that this silo serves.</param>
/// <param name="Memory">What is remembered of the links while a stream is closed.</param>
/// <param name="Logger">Logs silos and owners that do not answer.</param>
internal sealed record OwnersContext(IShardDirectory Shards, ISiloLinks Links, LiveSilos Silos, HostedShards Hosted, LinkMemory Memory, ILogger Logger)
{
    /// <summary>The owners of each stream that is open here, by its canonical name.</summary>
    public ConcurrentDictionary<string, StreamOwners> Open { get; } = new(StringComparer.Ordinal);
}
