using System.Collections;
using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

/// <summary>What it finds is in the advice, and so are the tests of that.</summary>
/// <remarks>Tests <see cref="BreakEven"/> and <see cref="MonthlyCost"/>.</remarks>
public sealed class BreakEvenTests
{
    private const int Week = 168;

    private static readonly ScalingOptions Policy = new();

    /// <summary>Each load that is looked at costs a walk over the week. The page asked for up to 27,600 of them.</summary>
    [Fact]
    public void Turn_OfAWeek_LooksAtFewLoads()
    {
        var random = new Random(7);
        var looks = 0;
        for (var i = 0; i < 100; i++)
        {
            var kib = Math.Pow(10, random.NextDouble() * 4);
            var wide = Math.Pow(10, random.NextDouble() * 3);
            var peaks = new CountedPeaks([.. Enumerable.Range(0, Week).Select(_ => kib / 1_024 * Math.Pow(wide, random.NextDouble()))]);
            var terms = Terms(new() { MinShards = 1 + random.Next(3) }) with { Readers = random.Next(3), Streams = 1 + random.Next(100) };
            BreakEven.Of(new CostLoad(kib / 20, kib, peaks), terms);
            looks += peaks.Reads / (2 * Week);
        }

        Assert.InRange(looks / 100, 1, 1_000);
    }

    [Fact]
    public void Between_TwoLoads_HasTheCostOfEachOneBetween()
    {
        var random = new Random(3);
        for (var i = 0; i < 2_000; i++)
        {
            double[] peaks = [.. Enumerable.Range(0, 1 + random.Next(12)).Select(_ => random.NextDouble() * 9)];
            var load = new CostLoad(random.NextDouble(), random.Next(1, 10_000), peaks);
            var terms = Terms(new() { MinShards = 1 + random.Next(3), MaxShards = random.Next(2) == 0 ? 8 : int.MaxValue });
            var least = Math.Pow(10, (random.NextDouble() * 4) - 2);
            var most = least * (1 + (random.NextDouble() * Math.Pow(10, -random.Next(4))));
            var span = MonthlyCost.Between(load, terms, least, most);
            for (var k = 0; k <= 4; k++)
            {
                var cost = MonthlyCost.Of(load.Times(least + ((most - least) * k / 4)), terms);
                foreach (var price in (Func<MonthlyCost, double>[])[static c => c.ByPolicy, static c => c.OnDemand, static c => c.Advantage])
                    Assert.InRange(price(cost), price(span.Least) - 1e-9, price(span.Most) + 1e-9);
            }
        }
    }

    /// <summary>Where all is free, no load turns it; once 0 of 0 was a saving.</summary>
    [Fact]
    public void Turn_WhereNothingCosts_IsNone() =>
        Assert.Null(BreakEven.Of(new CostLoad(1, 1, [1]), Terms(Policy) with { Prices = new RegionPrices(0, 0, 0, 0, 0, 0, 0, 0) }));

    private static CostTerms Terms(ScalingOptions policy) => new(PriceTable.Own.Regions["us-east-1"], policy, Shards: 1, Readers: 1, Streams: 1);

    private sealed class CountedPeaks(double[] peaks) : IReadOnlyList<double>
    {
        public int Reads { get; private set; }

        public int Count => peaks.Length;

        public double this[int index]
        {
            get
            {
                Reads++;
                return peaks[index];
            }
        }

        public IEnumerator<double> GetEnumerator() => peaks.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
