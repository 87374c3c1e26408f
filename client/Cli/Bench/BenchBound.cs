using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>Says what held a bench back. A shard takes 1 MiB and 1,000 Kinesis records a second (AWS: Quotas and limits).</summary>
internal static class BenchBound
{
    private const double ShardKibibytes = 1024;
    private const double ShardRecords = 1000;

    /// <summary>The share of a limit from which the limit is what bounds the bench.</summary>
    private const double Nearly = 0.85;

    /// <summary>Less says nothing: a shard takes about a second of records at once before it limits them.</summary>
    private const double LeastSeconds = 2;

    /// <summary>The bytes that an aggregate adds to a member: its key in the table, indexes and lengths.</summary>
    private const int MemberBytes = 10;

    private const int KeyBytes = 36;

    /// <summary>So many full shards are named.</summary>
    private const int Named = 8;

    /// <param name="shards">The stream's open shards before the bench; null if unknown.</param>
    /// <param name="now">The shards after it; null if unknown.</param>
    public static string Describe(BenchResult result, IReadOnlyList<ShardShare>? shards, int processors, IReadOnlyList<ShardShare>? now = null)
    {
        if (!result.IsMeasured)
            return "kpl: nothing was measured, for no record was put after the warm-up: give it more --records, or less --warm-up";
        if (result.Seconds < LeastSeconds)
            return "kpl: too short to tell what limits it: give it more records, for 2 s at least";
        if (shards is not null && now is not null && !shards.Select(static s => s.ShardId).ToHashSet().SetEquals(now.Select(static s => s.ShardId)))
            return $"kpl: the stream was resharded meanwhile, from {shards.Count} to {Quantity.Of(now.Count, "shard")}: run it again to see what limits it";
        if (shards is not null && FindFull(result, shards) is { } full)
            return full;
        if (result.Failed > 0)
            return $"kpl: held back by what failed, {result.Failed:N0} of {Quantity.Of(result.Records, "record")}: kpl explain tells why";
        var busy = result.CpuSeconds / result.Seconds;
        if (busy >= Nearly * processors)
            return $"kpl: limited by this process: {busy:0.0} of {Quantity.Of(processors, "processor")} were busy";
        return shards is { Count: > 0 }
            ? $"kpl: not limited by {Quantity.Of(shards.Count, "shard")}, of which the fullest was at {FullestOf(result, shards) * 100:0}%: it put {Kibibytes(result):N0} KiB/s"
            : $"kpl: it put {Kibibytes(result):N0} KiB/s, with {busy:0.0} of {Quantity.Of(processors, "processor")} busy";
    }

    /// <summary>
    /// Names the shards that were full; null if none was. Keys are random, so each shard got its share of the hash keys: where shards differ in size,
    /// some are full before the others.
    /// </summary>
    private static string? FindFull(BenchResult result, IReadOnlyList<ShardShare> shards)
    {
        var (kibibytes, records) = (Kibibytes(result), Records(result));
        var full = shards.Where(s => s.Share * Math.Max(kibibytes / ShardKibibytes, records / ShardRecords) >= Nearly).ToList();
        if (full.Count == 0)
            return null;
        var limit = kibibytes / ShardKibibytes >= records / ShardRecords
            ? $"{full.Count * ShardKibibytes:N0} KiB/s" : $"{full.Count * ShardRecords:N0} Kinesis records/s";
        return full.Count == shards.Count
            ? $"kpl: limited by {Quantity.Of(full.Count, "shard")}: {limit}"
            : $"kpl: limited by {full.Count} of {Quantity.Of(shards.Count, "shard")}: {limit} in {string.Join(", ", full.Take(Named).Select(static s => s.ShardId))}{(full.Count > Named ? ", …" : "")}";
    }

    private static double FullestOf(BenchResult result, IReadOnlyList<ShardShare> shards) =>
        shards.Max(static s => s.Share) * Math.Max(Kibibytes(result) / ShardKibibytes, Records(result) / ShardRecords);

    private static double Records(BenchResult result) => result.Tally.KinesisRecords * result.MeasuredShare / result.Seconds;

    private static double Kibibytes(BenchResult result)
    {
        var isAggregated = result.Tally.KinesisRecords < result.Records - result.Failed;
        return (result.Size + KeyBytes + (isAggregated ? MemberBytes : 0)) * (result.Records - result.Failed) * result.MeasuredShare / 1024.0 / result.Seconds;
    }
}

/// <summary>An open shard, and its share of the hash keys.</summary>
internal sealed record ShardShare(string ShardId, double Share)
{
    public static ShardShare Of(string shardId, UInt128 startingHashKey, UInt128 endingHashKey) =>
        new(shardId, ((double)(endingHashKey - startingHashKey) + 1) / (double)UInt128.MaxValue);
}
