using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

public class LaneWorthTests
{
    // With AVX-512VL or AVX2 alone, in hundredths of a nanosecond a byte, a pass being eight lanes' worth: Cascade Lake, then EPYC with its
    // instructions for SHA-256 hidden and used.
    [Theory]
    [InlineData(true, 392, 260, 2)]
    [InlineData(false, 680, 260, 4)]
    [InlineData(true, 392, 91, 5)]
    [InlineData(true, 392, 90, LaneWorth.Never)]
    [InlineData(false, 872, 180, 6)]
    [InlineData(false, 704, 55, LaneWorth.Never)]
    [InlineData(true, 312, 60, LaneWorth.Never)]
    [InlineData(true, 0, 0, LaneWorth.Never)]
    public void LeastOf_WhenAPassTakesSoLong_IsTheCountThatSavesTime(bool isFast, long pass, long alone, int expected) =>
        Assert.Equal(expected, LaneWorth.LeastOf(pass, alone, LaneWorth.MostNeeded(isFast)));

    [Fact]
    public void Measure_OnThisProcessor_IsACountOfLanesOrNever()
    {
        var least = LaneWorth.Measure();

        Assert.True(least is >= 2 and <= Sha256Kernel.Lanes or LaneWorth.Never, $"{least}");
    }
}
