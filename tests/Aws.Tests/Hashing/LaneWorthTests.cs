using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

public class LaneWorthTests
{
    // Nanoseconds a byte on Cascade Lake, times eight lanes: with AVX-512VL, with AVX2 only; and lanes where the platform is fast.
    [Theory]
    [InlineData(392, 260, 2)]
    [InlineData(680, 260, 4)]
    [InlineData(392, 91, 5)]
    [InlineData(392, 90, LaneWorth.Never)]
    [InlineData(392, 55, LaneWorth.Never)]
    [InlineData(0, 0, LaneWorth.Never)]
    public void LeastOf_WhenAPassTakesSoLong_IsTheCountThatSavesTime(long pass, long alone, int expected) =>
        Assert.Equal(expected, LaneWorth.LeastOf(pass, alone));

    [Fact]
    public void Measure_OnThisProcessor_IsACountOfLanesOrNever()
    {
        var least = LaneWorth.Measure();

        Assert.True(least is >= 2 and <= Sha256Lanes.Count or LaneWorth.Never, $"{least}");
    }
}
