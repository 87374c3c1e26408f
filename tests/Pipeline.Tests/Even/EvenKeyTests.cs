using Orleans.Kpl.Pipeline.Even;

namespace Orleans.Kpl.Pipeline.Tests.Even;

public sealed class EvenKeyTests
{
    [Fact]
    public void In_AnyRange_IsInItAndKnownAgain()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var (one, other) = (Draw(random), Draw(random));
            var range = new ShardRange("shard", UInt128.Min(one, other), UInt128.Max(one, other));

            var hashKey = EvenKey.In(range, random);

            Assert.True(range.Contains(hashKey), $"{hashKey} in {range}");
            Assert.True(EvenKey.IsGiven(hashKey) || range.EndingHashKey - range.StartingHashKey < ulong.MaxValue, $"{hashKey} in {range}");
        }
    }

    public static TheoryData<UInt128, UInt128> Edges => new()
    {
        { 0, UInt128.MaxValue },
        { 0, 0 },
        { UInt128.MaxValue, UInt128.MaxValue },
        { UInt128.MaxValue - 1, UInt128.MaxValue },
        { UInt128.MaxValue - ulong.MaxValue, UInt128.MaxValue },
        { 0, ulong.MaxValue },
        { 1, 2 },
        { (UInt128.One << 64) - 1, UInt128.One << 64 },
    };

    [Theory]
    [MemberData(nameof(Edges))]
    public void In_AnEdge_IsInIt(UInt128 start, UInt128 end)
    {
        var range = new ShardRange("shard", start, end);
        Assert.True(range.Contains(EvenKey.In(range, new Random(1))));
    }

    /// <summary>Both children of a shard get their part, wherever it is split.</summary>
    [Fact]
    public void In_OneRange_IsAnywhereInIt()
    {
        var random = new Random(3);
        var range = new ShardRange("shard", UInt128.MaxValue / 4, UInt128.MaxValue / 2);
        var eighths = Enumerable.Range(0, 8_000).CountBy(_ => (int)((EvenKey.In(range, random) - range.StartingHashKey) / (UInt128.MaxValue / 32)));

        Assert.All(eighths, e => Assert.InRange(e.Value, 850, 1_150));
        Assert.Equal(8, eighths.Count());
    }

    [Fact]
    public void IsGiven_OfOtherHashKeys_IsFalse()
    {
        var random = new Random(5);
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.False(EvenKey.IsGiven(Draw(random))));
        Assert.False(EvenKey.IsGiven(0));
        Assert.False(EvenKey.IsGiven(UInt128.MaxValue));
    }

    private static UInt128 Draw(Random random) => new UInt128(Half(random), Half(random)) >> random.Next(100);

    private static ulong Half(Random random) => (ulong)random.NextInt64(long.MinValue, long.MaxValue);
}
