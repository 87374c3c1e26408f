using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Benchmarks.Benches;
using Orleans.Kpl.Scaling.Tests.Simulated;

namespace Orleans.Kpl.Benchmarks.Scaling;

/// <summary>
/// A simulated day on streams of 1 to 5,000 shards: what is throttled and how many shard-hours are used, by the scaling policy, by splits in
/// the middle (Darkseid) and by doubling (UpdateShardCount), against the shards that an all-knowing scaler with full shards would use.
/// Reshards take what they take on AWS: 30 s for each split or merge, and 30 s and half a second for each boundary by UpdateShardCount.
/// Fails where the policy does not beat both on both, summed over all sizes. <c>observe_ns</c> is <see cref="ObservingCost"/>.
/// </summary>
internal static class ScalingBench
{
    private const int MostShards = 5_000;
    private const double Noise = 0.05;

    /// <summary>Every stream starts as an operator leaves it who has provisioned it for its busy hours, at that utilisation.</summary>
    private const double Provisioned = 0.8;

    /// <summary>The demand of the busy hours, in shards; the burst of the largest needs 4,500.</summary>
    private static readonly double[] Sizes = [0.5, 8, 100, 2_500];

    private sealed record Day(double Offered, double Throttled, double ShardHours, double Ideal, int Most, int Changes)
    {
        public double Ratio => Throttled / Offered;

        public static Day operator +(Day a, Day b) =>
            new(a.Offered + b.Offered, a.Throttled + b.Throttled, a.ShardHours + b.ShardHours, a.Ideal + b.Ideal, Math.Max(a.Most, b.Most),
                a.Changes + b.Changes);
    }

    public static Task<Figures> RunAsync(BenchArguments arguments)
    {
        var watch = Stopwatch.StartNew();
        var figures = new Figures();
        List<(string Name, Func<IScaler> New)> scalers =
        [
            ("", () => new PolicyScaler(new ScalingOptions { Mode = ScalingMode.On, MaxShards = MostShards })),
            ("middle_", () => new MiddleSplitScaler(MostShards)),
            ("doubling_", () => new DoublingScaler(MostShards)),
        ];
        var days = new Dictionary<string, Day[]>();
        foreach (var (name, make) in scalers)
        {
            days[name] = [.. Sizes.Select(size => Run(size, make()))];
            Bench.Say($"{(name.Length == 0 ? "policy" : name.TrimEnd('_'))}: {watch.Elapsed.TotalSeconds:0} s");
        }

        foreach (var (name, _) in scalers)
        {
            var sum = days[name].Aggregate(static (a, b) => a + b);
            figures.Add(name + "throttled_ratio", sum.Ratio).Add(name + "shard_hours", sum.ShardHours);
            if (name.Length == 0)
                figures.Add("ideal_shard_hours", sum.Ideal);
        }

        figures.Add("observe_ns", ObservingCost.NanosecondsPerRecord());
        for (var i = 0; i < Sizes.Length; i++)
        {
            foreach (var (name, _) in scalers)
            {
                var (day, suffix) = (days[name][i], "_" + Sizes[i].ToString(CultureInfo.InvariantCulture).Replace('.', '_'));
                figures.Add(name + "throttled_ratio" + suffix, day.Ratio).Add(name + "shard_hours" + suffix, day.ShardHours);
                figures.Add(name + "most_shards" + suffix, day.Most).Add(name + "changes" + suffix, day.Changes);
                if (name.Length == 0)
                    figures.Add("ideal_shard_hours" + suffix, day.Ideal);
            }
        }

        var ours = days[""].Aggregate(static (a, b) => a + b);
        foreach (var (name, all) in days.Where(d => d.Key.Length > 0))
        {
            var theirs = all.Aggregate(static (a, b) => a + b);
            if (ours.Ratio >= theirs.Ratio || ours.ShardHours >= theirs.ShardHours)
            {
                figures.Print("scaling", json: false);
                throw new BenchFailedException($"the policy throttled {ours.Ratio:P2} with {ours.ShardHours:N0} shard-hours, {name.TrimEnd('_')} {theirs.Ratio:P2} with {theirs.ShardHours:N0}");
            }
        }

        return Task.FromResult(figures);
    }

    private static Day Run(double size, IScaler scaler)
    {
        var traffic = new DayTraffic(size);
        var stream = new SimulatedStream(traffic, (int)Math.Ceiling(size / Provisioned), Noise);
        stream.Run(DayTraffic.Minutes, scaler);
        return new Day(stream.OfferedBytes, stream.ThrottledBytes, stream.ShardHours, stream.IdealShardHours, stream.MostShards, stream.ChangesAt.Count);
    }
}
