using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Observes the load of an engine's shard: by each Kinesis record, and by samples of user records. Most engines of a tier are closed, and
/// those of an idle stream see no load, so the counters are created with the first load.
/// </summary>
/// <remarks><see cref="OnSample"/> and <see cref="OnOffered"/> are called under the engine's lock, the others without it.</remarks>
/// <param name="range">The shard.</param>
/// <param name="settings">How load is observed.</param>
/// <param name="isShard">False for an engine that serves the whole stream: its load tells nothing about a shard.</param>
internal sealed class EngineLoad(ShardRange range, LoadSettings settings, bool isShard) : ShardWatch
{
    private ShardLoad? _load;

    /// <summary>Returns the load seen until now; null while there was none.</summary>
    public ShardLoadReport? Report(long now) => Volatile.Read(ref _load)?.Report(now);

    /// <summary>Returns what was counted in the current minute and in the one before it; null while there was nothing.</summary>
    public (MinuteCount Running, MinuteCount? Last)? Counts(long now) => Volatile.Read(ref _load)?.Counts(now);

    /// <summary>Returns what was offered in the last whole minute, as a share of what a shard takes; null where there was none.</summary>
    public double? Utilisation(long now) => Volatile.Read(ref _load)?.Utilisation(now);

    public override bool TookNearlyAll(long now) => Volatile.Read(ref _load)?.TookNearlyAll(now) == true;

    public override void OnSample(in IncomingRecord record, long weight, long now)
    {
        if (isShard)
            LoadSince(now).OnSample(record.HashKey, record.PartitionKey, weight, now);
    }

    public override void OnOffered(KinesisRecord record, long now)
    {
        if (isShard)
            LoadSince(now).OnOffered(record.Encoded.Count, record.Size, now);
    }

    public override void OnDelivered(KinesisRecord record, long now) => Volatile.Read(ref _load)?.OnDelivered(record.Size, now);

    public override void OnThrottles(int count, long now)
    {
        for (var i = 0; i < count; i++)
            Volatile.Read(ref _load)?.OnThrottled(now);
    }

    private ShardLoad LoadSince(long now)
    {
        if (_load is { } load)
            return load;
        load = new ShardLoad(range, settings, now);
        Volatile.Write(ref _load, load);
        return load;
    }
}

/// <summary>What was observed of an engine's shard.</summary>
internal static class ObservedLoad
{
    extension(ShardEngine engine)
    {
        /// <summary>The load of the shard seen here; null where nothing was sent for it yet.</summary>
        public ShardLoadReport? Load => (engine.Watch as EngineLoad)?.Report(engine.Now);

        /// <summary>Returns what was counted in the current minute and in the one before it; null where nothing was sent yet.</summary>
        public (MinuteCount Running, MinuteCount? Last)? Counts() => (engine.Watch as EngineLoad)?.Counts(engine.Now);

        /// <summary>Returns what was offered to the shard in its last whole minute, as a share of what it takes; null where there was none.</summary>
        public double? Utilisation() => (engine.Watch as EngineLoad)?.Utilisation(engine.Now);
    }
}
