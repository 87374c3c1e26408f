namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>
/// Even ranges for another number of shards, by splits and then merges as the service does it: shards that straddle a new boundary
/// are split there, and what lies in one new range is merged. Intermediate shards live for one cut-over.
/// </summary>
internal static class UniformScaling
{
    /// <summary>Starts it and returns how many open shards there were.</summary>
    public static int Start(StreamStore store, KinesisStream stream, int target)
    {
        var open = store.ClaimedShards;
        lock (stream.Lock)
        {
            Reshard.Require(stream);
            Reshard.RequireProvisioned(stream, "UpdateShardCount");
            var current = stream.Map.Shards.Length;
            if (target > 2 * current || target < (current + 1) / 2)
                throw KinesisErrors.LimitExceeded(
                    $"UpdateShardCount cannot scale {(target > current ? "up over double" : "down below half")} your current open shard count. " +
                    $"Current open shard count: {current} Target shard count: {target}");
            store.CheckShardLimit(open, target - current);
            Reshard.Start(stream, Steps(stream, [.. stream.Map.Shards.ToArray().Select(shard => shard.Range)], target));
            return current;
        }
    }

    private static List<Reshard.Step> Steps(KinesisStream stream, List<HashKeyRange> ranges, int target)
    {
        var steps = new List<Reshard.Step>();
        var boundaries = HashKeyRange.Even(target).Skip(1).Select(range => Snap(range.Start, ranges, target)).ToList();
        foreach (var boundary in boundaries)
        {
            var at = ranges.FindIndex(range => range.Contains(boundary));
            var whole = ranges[at];
            if (whole.Start == boundary) continue;
            HashKeyRange[] halves = [new(whole.Start, boundary - 1), new(boundary, whole.End)];
            ranges.RemoveAt(at);
            ranges.InsertRange(at, halves);
            steps.Add(new(() => [stream.Map.Find(whole.Start)], halves));
        }
        var keep = boundaries.ToHashSet();
        for (var i = 0; i + 1 < ranges.Count;)
        {
            var (low, high) = (ranges[i], ranges[i + 1]);
            if (keep.Contains(high.Start))
            {
                i++;
                continue;
            }
            ranges[i] = new(low.Start, high.End);
            ranges.RemoveAt(i + 1);
            steps.Add(new(() => [stream.Map.Find(low.Start), stream.Map.Find(high.Start)], [ranges[i]]));
        }
        return steps;
    }

    /// <summary>Ranges of 3 and of 6 shards differ by a rounding: a boundary that is nearly there already stays where it is.</summary>
    private static UInt128 Snap(UInt128 boundary, List<HashKeyRange> ranges, int target)
    {
        foreach (var range in ranges)
        {
            var distance = range.Start > boundary ? range.Start - boundary : boundary - range.Start;
            if (range.Start != 0 && distance <= (UInt128)(2 * target)) return range.Start;
        }
        return boundary;
    }
}
