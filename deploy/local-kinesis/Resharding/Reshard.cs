namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>Changes of a stream's shards: who may start one, and its way from UPDATING to ACTIVE.</summary>
internal static class Reshard
{
    /// <summary>One cut-over: open parents and the ranges that take their place.</summary>
    public readonly record struct Step(Func<Shard[]> Parents, HashKeyRange[] Ranges);

    public static void Require(KinesisStream stream)
    {
        if (stream.Status != StreamStatus.Active) throw KinesisErrors.NotActive(stream.Name, stream.Status);
    }

    public static void RequireProvisioned(KinesisStream stream, string operation)
    {
        if (stream.Mode == StreamMode.OnDemand)
            throw KinesisErrors.Validation($"{operation} is not supported for the stream {stream.Name}: its mode is ON_DEMAND");
    }

    public static Shard OpenShard(KinesisStream stream, string shardId)
    {
        var shard = stream.FindShard(shardId) ?? throw KinesisErrors.ShardNotFound(shardId, stream.Name);
        return shard.IsOpen
            ? shard
            : throw KinesisErrors.InvalidArgument(
                $"Shard {shardId} in stream {stream.Name} under account {KinesisErrors.Account} has already been merged or split, " +
                "and thus is not eligible for merging or splitting.");
    }

    /// <summary>
    /// Puts the stream in UPDATING, cuts over step by step, and makes it ACTIVE again. The first step comes by time or by the number
    /// of records its parent takes, whichever is first; the others follow it by time.
    /// </summary>
    public static void Start(KinesisStream stream, IReadOnlyList<Step> steps)
    {
        var timing = stream.Settings.Reshards;
        var now = stream.Settings.Clock.NowTicks;
        stream.Status = StreamStatus.Updating;
        if (steps.Count == 0)
        {
            stream.Schedule(now + timing.UpdatingTime.Ticks, _ => stream.BecomeActive());
            stream.Settle(now);
            return;
        }
        var started = false;
        var parents = steps[0].Parents();
        if (timing.CutOverAfterRecords is { } records) parents[0].CutOverAfter(records, Begin);
        stream.Schedule(now + timing.CutOverDelay.Ticks, Begin);
        stream.Settle(now);

        void Begin(long at)
        {
            if (started) return;
            started = true;
            parents[0].TakeCutOver();
            foreach (var step in steps)
            {
                stream.Schedule(at, instant => stream.CutOver(instant, step.Parents(), step.Ranges));
                at += timing.CutOverSpacing.Ticks;
            }
            stream.Schedule(at - timing.CutOverSpacing.Ticks + timing.UpdatingTime.Ticks, _ => stream.BecomeActive());
            stream.Settle(stream.Settings.Clock.NowTicks);
        }
    }

    /// <summary>One shard becomes two at a hash key.</summary>
    public static void Split(StreamStore store, KinesisStream stream, string shardId, UInt128 newStart)
    {
        var open = store.ClaimedShards;
        lock (stream.Lock)
        {
            Require(stream);
            RequireProvisioned(stream, "SplitShard");
            var shard = OpenShard(stream, shardId);
            if (newStart <= shard.Range.Start + 1 || newStart >= shard.Range.End)
                throw KinesisErrors.InvalidArgument(
                    $"NewStartingHashKey {newStart} used in SplitShard() on shard {shardId} in stream {stream.Name} " +
                    $"under account {KinesisErrors.Account} is not both greater than one plus the shard's StartingHashKey {shard.Range.Start} " +
                    $"and less than the shard's EndingHashKey {shard.Range.End}.");
            store.CheckShardLimit(open, 1);
            Start(stream, [new(() => [shard], [new(shard.Range.Start, newStart - 1), new(newStart, shard.Range.End)])]);
        }
    }

    /// <summary>Two neighbouring shards become one.</summary>
    public static void Merge(KinesisStream stream, string shardId, string adjacentShardId)
    {
        lock (stream.Lock)
        {
            Require(stream);
            RequireProvisioned(stream, "MergeShards");
            var shard = OpenShard(stream, shardId);
            var adjacent = OpenShard(stream, adjacentShardId);
            var (low, high) = shard.Range.Start < adjacent.Range.Start ? (shard, adjacent) : (adjacent, shard);
            if (shard == adjacent || low.Range.End + 1 != high.Range.Start)
                throw KinesisErrors.InvalidArgument(
                    $"Shards {shardId} and {adjacentShardId} in stream {stream.Name} under account {KinesisErrors.Account} " +
                    "are not an adjacent pair of shards eligible for merging");
            Start(stream, [new(() => [shard, adjacent], [new(low.Range.Start, high.Range.End)])]);
        }
    }

    /// <summary>Splits a shard of an on-demand stream that is throttled for a while in the middle, as the service does.</summary>
    public static void SplitThrottled(KinesisStream stream, Shard shard, long nowTicks)
    {
        if (nowTicks - shard.ThrottledSinceTicks < stream.Settings.Options.OnDemandSplitAfter.Ticks) return;
        lock (stream.Lock)
        {
            if (stream.Status != StreamStatus.Active || !shard.IsOpen || shard.Range.End - shard.Range.Start < 4) return;
            var middle = shard.Range.Start + (shard.Range.End - shard.Range.Start) / 2 + 1;
            Start(stream, [new(() => [shard], [new(shard.Range.Start, middle - 1), new(middle, shard.Range.End)])]);
        }
    }
}
