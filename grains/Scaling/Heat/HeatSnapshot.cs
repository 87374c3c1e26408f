using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Heat;

/// <summary>A shard, as one look saw it.</summary>
/// <param name="Times">What Kinesis took, oldest first.</param>
/// <param name="Seen">What is left for the next look.</param>
internal sealed record HeatSnapshot(HeatRange Range, List<HeatTime> Times, HeatSpread Spread, IReadOnlyList<HotKey> HotKeys, HeatSnapshot.Left Seen)
{
    /// <summary>A shard that was observed for less of a minute tells no rate.</summary>
    private const double LeastSeconds = 5;

    /// <param name="next">The first minute that is not counted yet.</param>
    /// <param name="former">What the last look left.</param>
    public static HeatSnapshot Of(ShardLoadReport report, DateTimeOffset now, long next, Left former)
    {
        var range = HeatRange.Of(report.Range.StartingHashKey, report.Range.EndingHashKey);
        var times = HeatTime.Of(report, now, next * TimeSpan.TicksPerMinute, former.Running);
        var running = new HeatTime(report.RunningFrom(now), now.UtcTicks, report.Running);
        var minutes = (running.From / TimeSpan.TicksPerMinute) - (former.Running.From / TimeSpan.TicksPerMinute);
        var (spread, weights) = HeatSpread.Of(report, range, minutes, former.Weights);
        return new HeatSnapshot(range, times, spread, report.HotKeys, new Left(running, weights));
    }

    /// <summary>Returns what the shard had within a minute of the clock; no rate where it was hardly observed.</summary>
    public (HeatRate? Rate, long Throttled) In(long minute)
    {
        var (from, to) = (minute * TimeSpan.TicksPerMinute, (minute + 1) * TimeSpan.TicksPerMinute);
        var (bytes, records, users, throttled, seconds) = (0.0, 0.0, 0.0, 0L, 0.0);
        foreach (var time in Times)
        {
            // Counts that may be small are not divided.
            throttled += time.From >= from && time.From < to ? time.Throttled : 0;
            var ticks = Math.Min(to, time.To) - Math.Max(from, time.From);
            if (ticks <= 0)
                continue;
            var share = (double)ticks / (time.To - time.From);
            (bytes, records, users) = (bytes + (share * time.Bytes), records + (share * time.Records), users + (share * time.UserRecords));
            seconds += (double)ticks / TimeSpan.TicksPerSecond;
        }

        return (seconds < LeastSeconds ? null : new HeatRate(bytes / seconds / 1024, records / seconds, users / seconds), throttled);
    }

    /// <summary>The rest that a look leaves for the next one.</summary>
    /// <param name="Running">The shard's running minute.</param>
    /// <param name="Weights">The weight of each part of its range; null where they show nothing.</param>
    internal readonly record struct Left(HeatTime Running, float[]? Weights);
}

/// <summary>
/// The records that Kinesis took of a shard in a part of the time, in which they count as even: a minute of the clock, or what was observed of it.
/// </summary>
/// <param name="From">When it began, in ticks of UTC.</param>
/// <param name="To">When it ended.</param>
internal readonly record struct HeatTime(long From, long To, long Bytes, long Records, long UserRecords, long Throttled)
{
    public HeatTime(long from, long to, MinuteCount count)
        : this(from, to, count.DeliveredBytes, count.Delivered, count.DeliveredUserRecords, count.Throttled)
    {
    }

    /// <summary>Returns when the first minute that a shard remembers began, in ticks of UTC, observed or not.</summary>
    public static long FirstFrom(ShardLoadReport report, DateTimeOffset now) => report.RunningFrom(now) - (report.Minutes.Count * TimeSpan.TicksPerMinute);

    /// <summary>Returns the minutes of a shard from an instant on, oldest first, with the running one.</summary>
    /// <param name="former">The running minute at the last look. What was counted of it then is a part of its own, so that nothing counts twice.</param>
    public static List<HeatTime> Of(ShardLoadReport report, DateTimeOffset now, long from, HeatTime former)
    {
        var count = report.Minutes.Count;
        var first = FirstFrom(report, now);
        var times = new List<HeatTime>();
        for (var i = (int)Math.Clamp((from - first) / TimeSpan.TicksPerMinute, 0, count); i <= count; i++)
        {
            var begin = first + (i * TimeSpan.TicksPerMinute);
            var whole = i == count
                ? new HeatTime(begin, now.UtcTicks, report.Running)
                : new HeatTime(begin + (i == 0 ? report.Unseen.Ticks : 0), begin + TimeSpan.TicksPerMinute, report.Minutes[i]);
            begin = whole.From;
            if (Math.Abs(begin - former.From) < ShardLoadReport.Same && former.To > begin && former.To < whole.To && former.Records <= whole.Records)
            {
                times.Add(former with { From = begin });
                whole = new HeatTime(former.To, whole.To, whole.Bytes - former.Bytes, whole.Records - former.Records,
                    whole.UserRecords - former.UserRecords, whole.Throttled - former.Throttled);
            }

            times.Add(whole);
        }

        return times;
    }
}

/// <summary>
/// How a shard's load is spread over its range: since the last look, and as it has settled over minutes. What decays by half in five minutes becomes what
/// has come since the last look by taking away what was there then. What chance explains is not shown: of a load that is even, few samples would look like
/// hot keys.
/// </summary>
/// <param name="Latest">The share of each part since the last look.</param>
/// <param name="Settled">The share of each part of the last minutes.</param>
internal readonly record struct HeatSpread(double[] Latest, double[] Settled)
{
    /// <summary>Samples that differ from what is expected by more than this many times what they do by chance show something.</summary>
    private const double Chance = 1.4;

    private static readonly double[] Even = [1];

    private static readonly double FadePerMinute = Math.Pow(0.5, 1 / LoadSettings.Default.HalfLifeMinutes);

    /// <param name="minutes">How many minutes ended since the last look.</param>
    /// <param name="former">The weights of the last look; null for none.</param>
    public static (HeatSpread Spread, float[]? Weights) Of(ShardLoadReport report, HeatRange range, long minutes, float[]? former)
    {
        var (weights, parts) = (report.Histogram, report.Histogram.Count);
        if (range.To - range.From <= 1 || parts == 0)
            return (new HeatSpread(Even, Even), null);
        // A large record is as many samples at once, which tell no more than one.
        var minute = report.Minutes.Append(report.Running).Aggregate(static (a, b) => a + b);
        var sample = Math.Max(LoadSettings.Default.SampleBytes, (double)minute.OfferedBytes / Math.Max(1, minute.UserRecords));
        var settled = Shown(weights, [.. Enumerable.Repeat(1.0 / parts, parts)], sample);
        var faded = Math.Pow(FadePerMinute, minutes);
        var latest = former?.Length != parts ? settled : Shown([.. weights.Select((w, i) => Math.Max(0, w - (faded * former[i])))], settled, sample);
        return (new HeatSpread(latest, settled), [.. weights.Select(static w => (float)w)]);
    }

    /// <summary>Returns the shares of weights, as far as they differ from those that are expected by more than chance.</summary>
    private static double[] Shown(IReadOnlyList<double> weights, double[] expected, double sample)
    {
        var sum = weights.Sum();
        var difference = weights.Select((w, i) => Math.Pow(w - (sum * expected[i]), 2) / ((sum * expected[i]) + sample) / sample).Sum();
        var shown = difference > 0 ? Math.Max(0, 1 - (Chance * weights.Count / difference)) : 0;
        return [.. weights.Select((w, i) => expected[i] + (shown == 0 ? 0 : shown * ((w / sum) - expected[i])))];
    }
}
