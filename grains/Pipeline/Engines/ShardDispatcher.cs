using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Makes a shard's aggregates, closes them, and hands what has its tokens to the collector, in the order that the policy has. Guarded by
/// the engine's lock.
/// </summary>
internal sealed class ShardDispatcher(ShardEngine engine, EngineServices services, ISendPolicy policy, ShardTokens tokens, EngineLoad load)
{
    /// <summary>A new aggregate, empty.</summary>
    public OpenAggregate NewAggregate() =>
        new(Limits, services.Settings.ContainerKey, services.Settings.AlwaysWrap, services.Settings.Numbers?.NewLine());

    /// <summary>A new aggregate for each part that boundaries cut the shard into.</summary>
    public OpenAggregates NewParts(Boundaries boundaries) => new(boundaries, NewAggregate(), NewAggregate);

    /// <summary>An aggregate for each part that boundaries cut the shard into; the first one is an empty aggregate that exists already.</summary>
    public OpenAggregates NewParts(Boundaries boundaries, OpenAggregate first)
    {
        first.Renew(Limits);
        return new OpenAggregates(boundaries, first, NewAggregate);
    }

    /// <summary>Closes an aggregate that can take no more, or not what comes next; what comes next finds it empty.</summary>
    public void CloseFull(OpenAggregate open, long now) => policy.Enqueue(Close(open, now));

    /// <summary>
    /// Sends first what was closed, as the policy has it, then the open aggregate if it is due. An aggregate that is due but has no tokens
    /// stays open: saturation makes bigger aggregates, not longer queues.
    /// </summary>
    /// <returns>When there may be more to send.</returns>
    public long SendDue(ref OpenAggregates aggregates, long now)
    {
        while (true)
        {
            if (!policy.MaySend(now, out var closed, out var wakeAt))
                return wakeAt;
            var open = aggregates.First();
            if (closed is null && open.Deadline > now)
                return Math.Min(open.Deadline, wakeAt);
            var size = closed?.Size ?? open.Size;
            if (!tokens.TryTake(now, size))
                return Math.Min(tokens.WakeUpFor(now, size), wakeAt);
            var record = closed is null ? CloseDue(open, now) : policy.Dequeue(now);
            policy.OnSending(record, now);
            services.Host.Collect(record);
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
        // It wants to be sent, whether there are tokens or not.
        load.OnOffered(record, now);
        open.Renew(Limits);
        return record;
    }
}
