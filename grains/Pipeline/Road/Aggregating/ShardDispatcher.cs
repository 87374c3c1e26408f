using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Creates and closes a shard's aggregates, and passes Kinesis records that have their tokens to the collector, as the policy says.
/// Guarded by the engine's lock.
/// </summary>
internal sealed class ShardDispatcher(ShardEngine engine, EngineServices services, SendPolicy policy, TokenBucket tokens)
{
    private OpenAggregate? _alone;

    /// <summary>Creates an empty aggregate.</summary>
    public OpenAggregate NewAggregate() =>
        new(Limits, services.Settings.ContainerKey, services.Settings.AlwaysWrap, services.Settings.NewNumbers?.Invoke());

    /// <summary>Creates the aggregates of a shard.</summary>
    /// <param name="first">The first of them, which is empty; null for a new one.</param>
    public OpenAggregates NewParts(NewGroup? newGroup, OpenAggregate? first = null)
    {
        first ??= NewAggregate();
        first.Renew(Limits);
        return new(first, newGroup, NewAggregate);
    }

    /// <summary>Closes an aggregate that is full, or too full for the next record. It is empty afterwards.</summary>
    public void CloseFull(OpenAggregate open, long now) => policy.Enqueue(Close(open, now));

    /// <summary>Closes a record that must not share a Kinesis record, without a wrapper even where all others have one.</summary>
    public void EnqueueAlone(in IncomingRecord record, long deadline, long now)
    {
        _alone ??= OpenAggregate.ForOne();
        _alone.TryAdd(record, deadline);
        var closed = _alone.Close(engine);
        engine.Watch?.OnOffered(closed, now);
        policy.Enqueue(closed);
    }

    /// <summary>
    /// Sends the closed records, as the policy says, then the open aggregate if it is due. An aggregate that is due but has no
    /// tokens stays open: saturation makes bigger aggregates, not longer queues.
    /// </summary>
    /// <returns>When more records may be ready to be sent.</returns>
    public long SendDue(ref OpenAggregates aggregates, long now)
    {
        while (true)
        {
            if (!policy.MaySend(now, out var closed, out var wakeAt))
                return wakeAt;
            var open = aggregates.First();
            if (closed is not null && aggregates.All.Length > 1 && open.HasWaitedLong(now))
            {
                // Others that fill up would go before it, again and again.
                CloseFull(open, now);
                continue;
            }

            if (closed is null && open.Deadline > now)
                return Math.Min(open.Deadline, wakeAt);
            var size = closed?.Size ?? open.Size;
            if (tokens.LoweredTo(now) is { } share)
                engine.Watch?.OnRateLowered(share);
            if (!tokens.TryTake(now, size))
                return Math.Min(Linger.AlignWakeUp(tokens.ReadyAt(now, size)), wakeAt);
            var record = closed is null ? CloseDue(open, now) : policy.Dequeue(now);
            policy.OnSending(record, now);
            record.IsUnderWay = true;
            services.Collect(record);
        }
    }

    private AggregationLimits Limits =>
        engine.Kind == EngineKind.Unpredicted ? PipelineSettings.Alone : policy.LimitsWithin(services.Settings.Aggregation);

    private KinesisRecord CloseDue(OpenAggregate open, long now)
    {
        var record = Close(open, now);
        record.Deadline = now;
        return record;
    }

    private KinesisRecord Close(OpenAggregate open, long now)
    {
        var record = open.Close(engine);
        // The record counts as offered, whether there are tokens or not.
        engine.Watch?.OnOffered(record, now);
        open.Renew(Limits);
        return record;
    }
}
