using Orleans.Kpl.Http.Identities.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

public sealed class FairShareTests
{
    private const double All = double.PositiveInfinity;

    public static TheoryData<double, double[], double> Cases => new()
    {
        { 0, [], 100 },
        { All, [], 100 },
        { 0, [0, 0, 0], 25 },
        { All, [All], 50 },
        { All, [20], 80 },
        { All, [20, All], 40 },
        { 20, [All, All], 20 },
        { 60, [All], 50 },
        { 10, [10], 50 },
        { 10, [30], 40 },
        { 0, [All], 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_ByWhatIsWanted_IsMaxMinFair(double own, double[] others, double share) => Assert.Equal(share, FairShare.Of(100, own, others), 9);

    [Fact]
    public void Of_ForAllWhoKnowTheSame_AddsUpToTheLimit()
    {
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var wants = Wants(random);
            Assert.Equal(100, wants.Index().Sum(w => FairShare.Of(100, w.Item, [.. wants.Where((_, j) => j != w.Index)])), 6);
        }
    }

    /// <summary>What makes late messages harmless: whoever reckons with more of the others, or less of itself, takes no more.</summary>
    [Fact]
    public void Of_WhereOthersWantMore_OrOneselfLess_IsNoMore()
    {
        var random = new Random(11);
        for (var i = 0; i < 2_000; i++)
        {
            var wants = Wants(random);
            var share = FairShare.Of(100, wants[0], wants.AsSpan(1).ToArray());
            double[] more = [.. wants.Skip(1).Select(w => w + (random.Next(2) * random.Next(80)))];
            Assert.True(FairShare.Of(100, wants[0], [.. more]) <= share + 1e-9);
            if (double.IsFinite(wants[0]))
                Assert.True(FairShare.Of(100, wants[0] * random.NextDouble(), wants.AsSpan(1).ToArray()) <= share + 1e-9);
        }
    }

    private static double[] Wants(Random random) => [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(5) == 0 ? All : random.Next(60))];
}
