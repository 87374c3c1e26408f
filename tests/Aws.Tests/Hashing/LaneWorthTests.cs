using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

public class LaneWorthTests
{
    // Hundredths of a nanosecond a byte, a pass being eight lanes' worth: Cascade Lake, then EPYC with its instructions for SHA-256 hidden and used.
    [Theory]
    [InlineData("Avx512Vl", 392, 260, 2)]
    [InlineData("Avx2", 680, 260, 4)]
    [InlineData("Avx512Vl", 392, 91, 5)]
    [InlineData("Avx512Vl", 392, 90, LaneWorth.Never)]
    [InlineData("Avx2", 872, 180, 6)]
    [InlineData("Avx2", 704, 55, LaneWorth.Never)]
    [InlineData("Avx512Vl", 312, 60, LaneWorth.Never)]
    [InlineData("Avx512Vl", 0, 0, LaneWorth.Never)]
    public void LeastOf_WhenAPassTakesSoLong_IsTheCountThatSavesTime(string path, long pass, long alone, int expected) =>
        Assert.Equal(expected, LaneWorth.LeastOf(pass, alone, LaneWorth.MostNeeded(Enum.Parse<Sha256Path>(path))));

    [Fact]
    public void Measure_OnThisProcessor_IsACountOfLanesOrNever()
    {
        var least = LaneWorth.Measure();

        Assert.True(least is >= 2 and <= Sha256Lanes.Count or LaneWorth.Never, $"{least}");
    }
}
