using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Watching;

/// <summary>
/// Watches an engine: how much waits for its shard, and the load of the shard, by each Kinesis record and by samples of user records. Most engines of a
/// tier are closed, and those of an idle stream see no load, so the counters of load are created with the first load.
/// </summary>
/// <param name="engine">The engine. Where it serves the whole stream, its load tells nothing about a shard.</param>
/// <param name="stream">How much waits for each shard of the stream.</param>
/// <param name="all">How much waits for all shards, where records are admitted by that; else null.</param>
/// <param name="meter">What telemetry keeps of the shard; null for nothing.</param>
internal sealed class EngineWatch(
    ShardEngine engine, PipelineSettings settings, LoadSettings load, StreamHorizon stream, ShardHorizon? all = null, ShardMeter? meter = null) : ShardWatch
{
    private readonly bool _isShard = engine.Kind == EngineKind.Predicted;
    // An open aggregate of an ordered stream may have half a second's worth; and where each key has one, there are many.
    private readonly bool _countsOpen = (settings.KeepsOrder || settings.IsByKey) && engine.Kind != EngineKind.Unpredicted;
    private LoadSampler _sampler = new(load.SampleBytes, (uint)(engine.Range.StartingHashKey >> 96));
    private bool _isSampling;
    // Where each record is counted, the engine's countdown is none.
    private long _leftOfSample;
    private ShardLoad? _load;

    /// <summary>How much waits for the shard, and how much may. While the map is not known, it is known that there is one shard at least.</summary>
    public ShardHorizon Horizon { get; } = new(stream, engine.Kind == EngineKind.Unpredicted ? null : settings.Shard, settings.KeepsOrder)
    {
        EachIsAlone = !settings.Options.AggregationEnabled,
    };

    /// <summary>What counts records that go to the process that serves the shard; null on ordered streams, and where records wait for all shards.</summary>
    public ShardHorizon? Elsewhere => all is null && !settings.KeepsOrder ? Horizon : null;

    /// <summary>What telemetry keeps of the shard; null for nothing.</summary>
    public ShardMeter? Meter => meter;

    /// <summary>By what waits where records are admitted.</summary>
    public ShardHorizon Admitting => engine.Kind == EngineKind.Unpredicted ? Horizon : all ?? Horizon;

    /// <summary>The load of the shard; null while there was none.</summary>
    public ShardLoad? Load => Volatile.Read(ref _load);

    public override long OnCountedDown(in IncomingRecord record, OpenAggregate open, long left, long now)
    {
        if (!_countsOpen)
            return Sample(record, left, now);
        if (!record.Member.Sink.IsAlone)
            Join(open, record.PartitionKey.Length + record.Data.Length);
        _leftOfSample += left;
        if (_leftOfSample < 0)
            _leftOfSample = Sample(record, _leftOfSample, now);
        return 0;
    }

    private void Join(OpenAggregate open, int bytes)
    {
        Horizon.Join(bytes, open.SeenBytes == 0);
        open.SeenBytes += bytes;
        Horizon.LookIfFull();
    }

    private long Sample(in IncomingRecord record, long left, long now)
    {
        if (!_isSampling)
        {
            _isSampling = true;
            left += _sampler.Distance();
            if (left >= 0)
                return left;
        }

        var next = _sampler.Next(left, out var weight);
        if (_isShard)
            LoadSince(now).OnSample(record.HashKey, record.PartitionKey, weight, now);
        return next;
    }

    public override void OnClosed(KinesisRecord record, long seenBytes)
    {
        if (seenBytes > 0)
            Horizon.Close(seenBytes);
        Horizon.Enter(record.Size);
        all?.Enter(record.Size);
    }

    public override void OnOffered(KinesisRecord record, long now)
    {
        if (_isShard)
            LoadSince(now).OnOffered(record.Encoded.Count, record.Size, now);
    }

    public override void OnMoved(KinesisRecord record, bool isUnderWay)
    {
        Horizon.Moved(record.Size, isUnderWay);
        all?.Moved(record.Size, isUnderWay);
        if (!isUnderWay || engine.Tokens.Level.Bytes < 0)
            NoteDebt();
    }

    /// <summary>Notes how many bytes the shard's bucket is below zero now. Called under the engine's lock.</summary>
    public void NoteDebt()
    {
        engine.Tokens.Refill(engine.Now);
        Horizon.Owe(Math.Max(0, -engine.Tokens.Level.Bytes));
    }

    public override void OnDelivered(KinesisRecord record, long now) =>
        Load?.OnDelivered(record.Encoded.Count, record.Size, now);

    /// <inheritdoc/>
    /// <remarks>Lowers the rate of the shard, if need be.</remarks>
    public override (double Sent, bool ShowsOthers)? OnThrottles(int count, long bytes, long since, long now)
    {
        lock (engine.Lock)
            (engine.Tokens as AdaptiveBucket)?.OnThrottled(now, since);
        return Load?.OnThrottled(count, bytes, now);
    }

    public override void OnEnded(KinesisRecord record)
    {
        Horizon.Leave(record.Size, isUnsent: !record.IsUnderWay);
        all?.Leave(record.Size, isUnsent: !record.IsUnderWay);
    }

    private ShardLoad LoadSince(long now)
    {
        if (_load is { } seen)
            return seen;
        var clock = engine.Services.Clock;
        seen = new ShardLoad(engine.Range, load, now, (clock.Time.GetUtcNow() - clock.AgeOf(now)).UtcTicks % TimeSpan.TicksPerMinute);
        Volatile.Write(ref _load, seen);
        return seen;
    }
}

/// <summary>The observations of an engine's shard.</summary>
internal static class WatchedEngine
{
    extension(ShardEngine engine)
    {
        /// <summary>How much waits, and how much may, where records for the shard are admitted.</summary>
        public ShardHorizon Horizon => ((EngineWatch)engine.Watch!).Admitting;

        /// <inheritdoc cref="EngineWatch.Elsewhere"/>
        public ShardHorizon? Elsewhere => (engine.Watch as EngineWatch)?.Elsewhere;

        /// <summary>How many seconds pass until a bucket of the shard with this fill is not below zero any more.</summary>
        public double SecondsToPayOff(double fill) => ((EngineWatch)engine.Watch!).Horizon.SecondsToPayOff(fill);

        /// <summary>The Kinesis records that wait for the shard and are not under way, and their bytes.</summary>
        public (long Records, long Bytes) Unsent => ((EngineWatch)engine.Watch!).Horizon.Unsent;

        /// <summary>The load of the shard seen here; null where nothing was sent for it yet.</summary>
        public ShardLoadReport? Load => (engine.Watch as EngineWatch)?.Load?.Report(engine.Now);

        /// <summary>Returns what a look at the shard needs; null where nothing was sent yet.</summary>
        public ShardActivity? Counts() => (engine.Watch as EngineWatch)?.Load?.Counts(engine.Now);

        /// <summary>Returns what was offered to the shard in its last whole minute, as a share of what it takes; null where there was none.</summary>
        public double? Utilisation() => (engine.Watch as EngineWatch)?.Load?.Utilisation(engine.Now);
    }
}
