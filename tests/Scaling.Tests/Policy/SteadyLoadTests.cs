using Orleans.Kpl.Scaling.Tests.Simulated;

namespace Orleans.Kpl.Scaling.Tests.Policy;

/// <summary>A load that does not change makes one change in a day at most, once the first hour is over.</summary>
public sealed class SteadyLoadTests
{
    private const double Day = 24 * 60;

    private static readonly ScalingOptions On = new() { Mode = ScalingMode.On };

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void ADay_OfAConstantLoadAtAnyLevel_ChangesOnceAtMost(double noise)
    {
        // The thresholds and what is around them among them, on streams that start too large, too small and fitting.
        double[] levels = [0.1, 0.5, 0.57, 0.6, 0.63, 0.66, 0.69, 0.72, 0.76, 0.78, 0.8, 0.82, 0.84, 0.95, 1, 1.05, 3.2, 9.9];
        foreach (var (level, index) in levels.Select((l, i) => (l, i)))
        {
            foreach (var shards in (int[])[1, 2, 5, 12])
            {
                foreach (var scale in ((double[])[1, shards]).Distinct())
                    AssertSteady(new EvenTraffic(_ => level * scale), shards, noise, index, $"{level} on {shards}");
            }
        }
    }

    [Fact]
    public void ADay_OfAnyConstantLoad_ChangesOnceAtMost()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var demands = Enumerable.Range(0, 16).Select(_ => random.NextDouble() * random.NextDouble() * 1.5).ToArray();
            var heavy = random.Next(3) == 0 ? random.NextDouble() * 1.5 : 0;
            AssertSteady(new WeightedTraffic(demands, _ => 1, Topologies.Key(77) + 3, heavy), random.Next(1, 17), 0.05, seed, $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(15)]
    [InlineData(30)]
    public void ADay_OfASquareWave_ChangesOnceAtMost(double period)
    {
        foreach (var (high, low) in ((double, double)[])[(0.9, 0.1), (0.8, 0.55), (0.76, 0.4), (0.55, 0.1), (0.6, 0.5), (2.5, 0.2), (6, 3)])
        {
            foreach (var shards in (int[])[1, 3, 8])
                AssertSteady(new EvenTraffic(m => m % period < period / 2 ? high : low), shards, 0.05, shards, $"{high} and {low} on {shards}");
        }
    }

    [Fact]
    public void ADay_WithALoadThatFalls_EndsWithFewerShards()
    {
        var stream = new SimulatedStream(new EvenTraffic(m => m < 300 ? 6 : 0.4), 4, 0.05);
        stream.Run(Day, new PolicyScaler(On));
        Assert.InRange(stream.MostShards, 8, 12);
        Assert.Single(stream.Shards);
    }

    private static void AssertSteady(ITraffic traffic, int shards, double noise, int seed, string what)
    {
        var stream = new SimulatedStream(traffic, shards, noise, seed);
        var scaler = new PolicyScaler(On);
        stream.Run(60 + Day, scaler);
        Assert.True(stream.ChangesAt.Count(m => m > 60) <= 1, $"{what}:\n{string.Join('\n', scaler.Reasons)}");
    }
}
