using System.Globalization;
using Orleans.Kpl.Cli.Terminal;

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

    /// <param name="result">The measurements.</param>
    /// <param name="shards">The number of the stream's open shards; null if unknown.</param>
    /// <param name="processors">The number of processors.</param>
    public static string Describe(BenchResult result, int? shards, int processors)
    {
        if (result.Seconds < LeastSeconds)
            return "kpl: too short to tell what limits it: give it more records, for 2 s at least";
        if (shards is { } count && LimitOf(result, count) is { } limit)
            return $"kpl: limited by {Quantity.Of(count, "shard")}: {limit}";
        var busy = result.CpuSeconds / result.Seconds;
        if (busy >= Nearly * processors)
            return Text($"kpl: limited by this process: {busy:0.0} of {Quantity.Of(processors, "processor")} were busy");
        return shards is { } free
            ? Text($"kpl: not limited by {Quantity.Of(free, "shard")}, which would take {free * ShardKibibytes:N0} KiB/s: it put {Kibibytes(result):N0} KiB/s")
            : Text($"kpl: it put {Kibibytes(result):N0} KiB/s, with {busy:0.0} of {Quantity.Of(processors, "processor")} busy");
    }

    /// <summary>Returns the limit that all shards together reached; null if they reached none.</summary>
    private static string? LimitOf(BenchResult result, int shards)
    {
        var bytes = Kibibytes(result) / (shards * ShardKibibytes);
        var records = result.Tally.KinesisRecords * result.MeasuredShare / result.Seconds / (shards * ShardRecords);
        if (Math.Max(bytes, records) < Nearly)
            return null;
        return bytes >= records ? Text($"{shards * ShardKibibytes:N0} KiB/s") : Text($"{shards * ShardRecords:N0} Kinesis records/s");
    }

    private static double Kibibytes(BenchResult result)
    {
        var isAggregated = result.Tally.KinesisRecords < result.Records - result.Failed;
        return (result.Size + KeyBytes + (isAggregated ? MemberBytes : 0)) * (result.Records - result.Failed) * result.MeasuredShare / 1024.0 / result.Seconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
