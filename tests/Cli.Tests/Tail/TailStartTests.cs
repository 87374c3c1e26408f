using Orleans.Kpl.Cli.Tail;

namespace Orleans.Kpl.Cli.Tests.Tail;

public sealed class TailStartTests
{
    [Theory]
    [InlineData("2026-01-31T08:30:00Z")]
    [InlineData("2026-01-31T10:30:00+02:00")]
    [InlineData("2026-01-31 08:30")]
    [InlineData("1769848200")]
    [InlineData("1769848200.000")]
    public void Parse_OfATime_EntersShardsThere(string text)
    {
        var start = TailStart.Parse(text)!;
        Assert.Equal(("FROM_TIMESTAMP", "AT_TIMESTAMP"), (start.Filter.Type, start.Position.Type));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 8, 30, 0, TimeSpan.Zero), start.Position.Timestamp);
        Assert.Equal(start.Filter.Timestamp, start.Position.Timestamp);
    }

    [Fact]
    public void Parse_OfNames() => Assert.Equal((TailStart.Oldest, TailStart.Latest), (TailStart.Parse("start"), TailStart.Parse("LATEST")));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday-ish")]
    [InlineData("-5")]
    [InlineData("99999999999999")]
    public void Parse_OfSomethingElse_IsNothing(string text) => Assert.Null(TailStart.Parse(text));
}
