using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Abstractions.Tests.Options;

public class DurationTextTests
{
    [Theory]
    [InlineData("250", 250)]
    [InlineData("0", 0)]
    [InlineData("100ms", 100)]
    [InlineData("5s", 5_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("24d", 2_073_600_000)]
    [InlineData(" 5 S ", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("0.5", 0.5)]
    [InlineData("-3s", -3_000)]
    [InlineData("00:00:05", 5_000)]
    [InlineData("1.02:00:00.25", 93_600_250)]
    public void TryParse_WhenADuration_ReadsIt(string text, double milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("s")]
    [InlineData("5x")]
    [InlineData("5 s s")]
    [InlineData("1,5s")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("five")]
    [InlineData("5:5:5:5:5")]
    public void TryParse_WhenNoDuration_IsFalse(string? text) => Assert.False(DurationText.TryParse(text, out _));

    /// <summary>Outside KPL's settings nobody knows that a bare number is milliseconds.</summary>
    [Theory]
    [InlineData("5", null)]
    [InlineData(" 0.5 ", null)]
    [InlineData("-3", null)]
    [InlineData("five", null)]
    [InlineData("", null)]
    [InlineData("0", 0.0)]
    [InlineData("5s ", 5_000.0)]
    [InlineData("00:00:05", 5_000.0)]
    public void TryParseWithUnit_WhenABareNumber_IsFalse(string text, double? milliseconds)
    {
        Assert.Equal(milliseconds is not null, DurationText.TryParseWithUnit(text, out var value));
        if (milliseconds is { } expected)
            Assert.Equal(TimeSpan.FromMilliseconds(expected), value);
    }

    [Fact]
    public void Refuse_WhenTheUnitIsMissing_NamesTheUnits()
    {
        var (least, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal("has no unit: write 5ms or 5s; m, h and d are units too", DurationText.Refuse("5", least, most, "5s"));
        Assert.Equal("is no duration from 1s to 1h, such as 5s", DurationText.Refuse("2h", least, most, "5s"));
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999999999999999999999999999h")]
    [InlineData("106751992d")]
    public void TryParse_WhenLongerThanATimeSpan_IsTheLongest(string text)
    {
        Assert.True(DurationText.TryParse(text, out var value));
        Assert.Equal(TimeSpan.MaxValue, value);
        Assert.True(DurationText.TryParse("-" + text, out value));
        Assert.Equal(TimeSpan.MinValue, value);
    }

    [Theory]
    [InlineData(0, "0ms")]
    [InlineData(100, "100ms")]
    [InlineData(30_000, "30s")]
    [InlineData(90_000, "90s")]
    [InlineData(120_000, "2m")]
    [InlineData(0.25, "0.25ms")]
    [InlineData(172_800_000, "2d")]
    public void Format_Always_TakesTheLongestExactUnit(double milliseconds, string text) =>
        Assert.Equal(text, DurationText.Format(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void TryParse_WhenFormatted_GivesTheSameBack() =>
        Prop.ForAll<long>(ticks =>
        {
            // Less than the longest: that one is what longer ones become.
            var value = new TimeSpan(ticks / 2);
            return DurationText.TryParse(DurationText.Format(value), out var read) && read == value;
        }).QuickCheckThrowOnFailure();
}
