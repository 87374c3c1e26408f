using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// The distribution of the load over the hash keys: segments of even weight, with single heavy keys as segments of their own. The total weight is 1.
/// </summary>
internal sealed class LoadProfile
{
    private readonly UInt128[] _starts;
    private readonly double[] _below;

    private LoadProfile(IReadOnlyList<(UInt128 Start, double Weight)> segments)
    {
        var total = segments.Sum(static s => s.Weight);
        _starts = [.. segments.Select(static s => s.Start)];
        _below = new double[segments.Count + 1];
        for (var i = 0; i < segments.Count; i++)
            _below[i + 1] = _below[i] + (segments[i].Weight / total);
    }

    /// <summary>Gets the profile in which every hash key carries the same load, as random partition keys give.</summary>
    public static LoadProfile Even { get; } = new([(0, 1)]);

    /// <summary>
    /// Builds a profile from the load reports of shards. Shards without reported load carry none. Without any reported load the profile is even.
    /// </summary>
    public static LoadProfile From(IEnumerable<ShardLoadReport> reports)
    {
        var segments = new List<(UInt128 Start, double Weight)>();
        var next = UInt128.Zero;
        foreach (var report in reports.OrderBy(static r => r.Range.StartingHashKey))
        {
            if (report.Range.StartingHashKey > next)
                segments.Add((next, 0));
            AddShard(segments, report);
            next = report.Range.EndingHashKey + 1;
        }

        if (next != 0)
            segments.Add((next, 0));
        return segments.Sum(static s => s.Weight) > 0 ? new LoadProfile(segments) : Even;
    }

    /// <summary>Builds a profile from the demand of all open shards, in their order; the load is even within each shard.</summary>
    public static LoadProfile FromDemand(IReadOnlyList<(UInt128 Start, double Weight)> shards) =>
        shards.Sum(static s => s.Weight) > 0 ? new LoadProfile(shards) : Even;

    /// <summary>Builds a profile in which all load is evenly in one shard.</summary>
    public static LoadProfile Flat(ShardRange shard)
    {
        List<(UInt128 Start, double Weight)> segments = shard.StartingHashKey == 0 ? [] : [(0, 0)];
        segments.Add((shard.StartingHashKey, 1));
        if (shard.EndingHashKey != UInt128.MaxValue)
            segments.Add((shard.EndingHashKey + 1, 0));
        return new LoadProfile(segments);
    }

    /// <summary>Returns the share of the load between two hash keys, both included.</summary>
    public double Weight(UInt128 start, UInt128 end) => Math.Max(0, (end == UInt128.MaxValue ? 1 : Below(end + 1)) - Below(start));

    /// <summary>Returns the share of the load below a hash key.</summary>
    public double Below(UInt128 hashKey)
    {
        var i = Array.BinarySearch(_starts, hashKey);
        if (i >= 0)
            return _below[i];
        i = ~i - 1;
        return _below[i] + ((_below[i + 1] - _below[i]) * ((double)(hashKey - _starts[i]) / Width(i)));
    }

    /// <summary>Returns the hash key with that share of the load below it, as near as whole keys allow.</summary>
    public UInt128 KeyAt(double share)
    {
        var i = Array.BinarySearch(_below, share);
        if (i >= 0)
            return i < _starts.Length ? _starts[i] : UInt128.MaxValue;
        i = Math.Clamp(~i - 1, 0, _starts.Length - 1);
        var width = Width(i);
        var offset = Math.Round((share - _below[i]) / (_below[i + 1] - _below[i]) * width);
        return offset < width ? _starts[i] + (UInt128)offset : End(i) == UInt128.MaxValue ? UInt128.MaxValue : End(i) + 1;
    }

    private UInt128 End(int segment) => segment + 1 < _starts.Length ? _starts[segment + 1] - 1 : UInt128.MaxValue;

    private double Width(int segment) => (double)(End(segment) - _starts[segment]) + 1;

    private static void AddShard(List<(UInt128 Start, double Weight)> segments, ShardLoadReport report)
    {
        var (range, count, total) = (report.Range, report.Histogram.Count, report.Histogram.Sum());
        var heavy = report.HotKeys.Where(k => range.Contains(k.Hash)).OrderBy(static k => k.Hash).ToList();
        var hot = 0;
        for (var bucket = 0; bucket < count; bucket++)
        {
            var (start, next) = (StartOf(bucket), StartOf(bucket + 1));
            if (next == start && bucket + 1 < count)
                continue;
            var end = next - 1;
            var keys = new List<HotKey>();
            while (hot < heavy.Count && heavy[hot].Hash <= end)
                keys.Add(heavy[hot++]);
            AddBucket(segments, start, end, report.Histogram[bucket], total, keys);
        }

        UInt128 StartOf(int bucket) => EvenRanges.Start(range.StartingHashKey, range.EndingHashKey, bucket, count);
    }

    /// <summary>Adds the segments of a bucket: the heavy keys get their own, the rest of the weight is spread evenly between them.</summary>
    private static void AddBucket(List<(UInt128 Start, double Weight)> segments, UInt128 start, UInt128 end, double weight, double total, List<HotKey> keys)
    {
        var rest = Math.Max(0, weight - keys.Sum(k => k.Share * total));
        var width = Math.Max(1, (double)(end - start) + 1 - keys.Count);
        foreach (var key in keys)
        {
            if (key.Hash != start)
                segments.Add((start, rest * (double)(key.Hash - start) / width));
            segments.Add((key.Hash, key.Share * total));
            start = key.Hash + 1;
        }

        if (keys.Count == 0 || keys[^1].Hash != end)
            segments.Add((start, rest * ((double)(end - start) + 1) / width));
    }
}
