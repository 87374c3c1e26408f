using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Doubts;

/// <summary>Kinesis records whose verdict is pending until the shard map or the stream's limits have been read.</summary>
internal sealed class PendingVerdicts(MonotonicClock clock)
{
    private readonly HashSet<KinesisRecord> _held = [];

    /// <summary>When the oldest user record among them was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_held)
            return _held.Count == 0 ? long.MaxValue : _held.Min(static r => r.OldestAcceptedAt);
    }

    /// <summary>Waits for the news, but no longer than the record's own time-to-live. False when the time-to-live ended first.</summary>
    public async Task<bool> WaitAsync(KinesisRecord record, Task news)
    {
        lock (_held)
            _held.Add(record);
        try
        {
            await news.WaitAsync(TimeSpan.FromTicks(Math.Max(0, record.ExpiresAt - clock.Now)), clock.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (_held)
                _held.Remove(record);
        }
    }
}

/// <summary>Knows what the shard map tells, and asks it, or a search for a shard, or the stream's limits.</summary>
internal sealed class MapKnowledge(ShardTopology topology, ShardMapReader map, ShardSearch search, RecordLimit limit, MonotonicClock clock) : StreamKnowledge
{
    private readonly PendingVerdicts _held = new(clock);

    public override bool IsLimitUnknown => limit.IsUnknown;

    public override Task LimitKnownAsync() => limit.KnownAsync();

    public override bool NumbersTell => topology.NumbersTell;

    public override bool IsFreshSince(long instant) => map.IsFreshSince(instant);

    public override bool IsGoneSince(long instant) => map.IsMissingSince(instant) || map.IsDenied;

    public override ShardRange? RangeOf(string shardId) => topology.RangeOf(shardId);

    public override void Refresh(long since) => map.Refresh(since);

    public override void CheckNumber(string shardId, string sequenceNumber, long since)
    {
        // A shard that a fresh map does not show may be another stream's of the same name, whose own one is closed already.
        if (map.IsFreshSince(since) && topology.EngineOf(shardId)?.Range.SeemsOlderThan(sequenceNumber) == true)
            topology.DistrustNumbers();
    }

    public override long OldestAcceptedAt() => _held.OldestAcceptedAt();

    public override Task ExplainAsync(KinesisRecord record, string shardId, Func<bool> isExplained) =>
        _held.WaitAsync(record, search.RunAsync(shardId, isExplained, record.ExpiresAt));

    public override Task ReadMapAsync(KinesisRecord record) => _held.WaitAsync(record, map.ReadAsync());

    public override Task LearnLimitAsync(KinesisRecord record, long since) => _held.WaitAsync(record, limit.LearnAgainAsync(since));
}
