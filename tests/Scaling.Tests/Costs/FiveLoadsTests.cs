using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

/// <summary>
/// A week of each of five loads, as shards observe it, priced beside a computation that shares no code with the product: prices, units, rounding and
/// months are written out here once more.
/// </summary>
/// <remarks>Tests <see cref="MonthlyCost"/>, <see cref="CostLoad"/>, <see cref="LoadWeek"/> and <see cref="BilledLoad"/>.</remarks>
public sealed class FiveLoadsTests
{
    private const int Week = 7 * 24 * 60;

    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Name, shards, streams, and the Kinesis records of a minute: how many, with how many user records and bytes each.</summary>
    private static readonly Dictionary<string, (int Shards, int Streams, Func<int, (int Count, int Users, int Bytes)> Minute)> Loads = new()
    {
        ["constant"] = (2, 1, static _ => (600, 200, 42_020)),
        ["daily wave"] = (4, 1, static m => ((int)(300 + (290 * Math.Sin(2 * Math.PI * m / 1_440))), 50, 600_020)),
        ["burst"] = (1, 1, static m => m % 1_440 is >= 600 and < 610 ? (9_000, 10, 40_020) : (2, 1, 900)),
        ["small streams"] = (1, 3_000, static _ => (1, 1, 300)),
        ["1 MiB records"] = (5, 1, static _ => (200, 1, 1_048_576)),
    };

    public static TheoryData<string> Names => [.. Loads.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Month_OfALoad_IsThatOfASecondComputation(string name)
    {
        var (shards, streams, minute) = Loads[name];
        var hours = Observe(minute);
        Assert.Equal((168, Week), (hours.Count, hours.Sum(static h => h.Minutes)));
        var terms = new CostTerms(PriceTable.Own.Regions["us-east-1"], new ScalingOptions(), shards, Readers: 2, streams);

        var expected = Expect(minute, shards, streams, isAlone: false);
        var cost = MonthlyCost.Of(CostLoad.Of(hours), terms);
        AssertNear(expected, cost);
        AssertNear(Expect(minute, shards, streams, isAlone: true), MonthlyCost.Of(CostLoad.Alone(hours), terms));
    }

    private static void AssertNear((double Has, double Policy, double OnDemand, double Advantage) expected, MonthlyCost cost)
    {
        Assert.InRange(cost.Provisioned / expected.Has, 0.99, 1.01);
        Assert.InRange(cost.ByPolicy / expected.Policy, 0.99, 1.01);
        Assert.InRange(cost.OnDemand / expected.OnDemand, 0.99, 1.01);
        Assert.InRange(cost.Advantage / expected.Advantage, 0.99, 1.01);
    }

    /// <summary>Has a shard observe a week, and looks at it every eight minutes.</summary>
    private static IReadOnlyList<LoadSum> Observe(Func<int, (int Count, int Users, int Bytes)> load)
    {
        var shard = new ShardLoad(new ShardRange("shard-0", 0, UInt128.MaxValue), LoadSettings.Default, 0);
        var week = new LoadWeek();
        for (var m = 0; m < Week; m++)
        {
            var (count, users, bytes) = load(m);
            for (var i = 0; i < count; i++)
                shard.OnOffered(users, bytes, m * TimeSpan.TicksPerMinute);
            if (m % 8 == 0)
                Look(m);
        }

        Look(Week);
        return week.Hours;

        void Look(int m) => week.Add(Start.AddMinutes(m), [shard.Report(m * TimeSpan.TicksPerMinute)], MinuteCounts.Kept);
    }

    private static (double Has, double Policy, double OnDemand, double Advantage) Expect(
        Func<int, (int Count, int Users, int Bytes)> load, int shards, int streams, bool isAlone)
    {
        double units = 0, kib = 0;
        var peaks = new double[168];
        for (var m = 0; m < Week; m++)
        {
            var (count, users, bytes) = load(m);
            // An aggregate of N members has 20 bytes of its own and 8 with each member.
            var (records, size) = isAlone && users > 1 ? (count * users, ((bytes - 20) / users) - 8) : (count, bytes);
            units += records * Math.Ceiling(size / 25_600.0);
            kib += records * Math.Ceiling(size / 1_024.0);
            peaks[m / 60] = Math.Max(peaks[m / 60], Math.Max(records / 60_000.0, (double)count * bytes / (60 * 1_048_576.0)));
        }

        const double monthsInAWeek = 168 / 730.0;
        var (million, gib) = (streams * units / monthsInAWeek / 1_000_000, streams * kib / monthsInAWeek / 1_048_576);
        const double least = 25.0 * 60 * 60 * 730 / 1_024;
        return (
            (streams * Math.Max(shards, Math.Ceiling(peaks.Max())) * 10.95) + (million * 0.014),
            (streams * ShardsOf(peaks, shards) * 10.95) + (million * 0.014),
            (streams * 29.2) + (gib * (0.08 + 0.04 + 0.04)), (Math.Max(gib, least) * 0.032) + (Math.Max(2 * gib, least) * 0.016));
    }

    /// <summary>The default policy: splits above 0.75 to 0.7, and joins so many neighbours that they had at most 0.6 together for an hour.</summary>
    private static double ShardsOf(double[] peaks, int shards)
    {
        var all = new List<int> { shards };
        foreach (var (last, peak) in peaks.Prepend(peaks[^1]).Concat(peaks).Zip(peaks.Concat(peaks)))
        {
            var n = all[^1];
            var joined = 1;
            while (joined < n && (joined + 1) * Math.Max(last, peak) / n <= 0.6)
                joined++;
            all.Add(peak / n > 0.75 ? (int)Math.Ceiling(peak / 0.7) : (n + joined - 1) / joined);
        }

        return all.TakeLast(peaks.Length).Average();
    }
}
