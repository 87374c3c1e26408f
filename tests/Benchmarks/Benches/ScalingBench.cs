using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Scaling.Tests.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// A simulated day on streams of 1 to 5,000 shards: what is throttled and how many shard-hours are used, by the scaling policy, by splits in
/// the middle (Darkseid) and by doubling (UpdateShardCount), against the shards that an all-knowing scaler with full shards would use.
/// Reshards take what they take on AWS: 30 s for each split or merge, and 30 s and half a second for each boundary by UpdateShardCount.
/// The policy must beat both on both, summed over all sizes.
/// </summary>
internal static class ScalingBench
{
    private const int MostShards = 5_000;
    private const double Noise = 0.05;

    /// <summary>Every stream starts as an operator leaves it who has provisioned it for its busy hours, at that utilisation.</summary>
    private const double Provisioned = 0.8;

    /// <summary>The demand of the busy hours, in shards; the burst of the largest needs 4,500.</summary>
    private static readonly double[] Sizes = [0.5, 8, 100, 2_500];

    private static readonly (string Name, Func<IScaler> New)[] Scalers =
    [
        ("", static () => new PolicyScaler(new ScalingOptions { Mode = ScalingMode.On, MaxShards = MostShards })),
        ("middle_", static () => new MiddleSplitScaler(MostShards)),
        ("doubling_", static () => new DoublingScaler(MostShards)),
    ];

    public static Task<Figures> RunAsync(BenchArguments arguments)
    {
        var figures = new Figures();
        foreach (var (name, make) in Scalers)
        {
            var days = Sizes.Select(size => Run(size, make())).ToList();
            figures.Add($"{name}throttled_ratio", days.Sum(static d => d.ThrottledBytes) / days.Sum(static d => d.OfferedBytes))
                .Add($"{name}shard_hours", days.Sum(static d => d.ShardHours));
            if (name.Length == 0)
                figures.Add("ideal_shard_hours", days.Sum(static d => d.IdealShardHours));
            else
                figures.Hold("throttled_ratio", most: figures[$"{name}throttled_ratio"]).Hold("shard_hours", most: figures[$"{name}shard_hours"]);
        }

        return Task.FromResult(figures);
    }

    private static SimulatedStream Run(double size, IScaler scaler)
    {
        var stream = new SimulatedStream(new DayTraffic(size), (int)Math.Ceiling(size / Provisioned), Noise);
        stream.Run(DayTraffic.Minutes, scaler);
        return stream;
    }
}
