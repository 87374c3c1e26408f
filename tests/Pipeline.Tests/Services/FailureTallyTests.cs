using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Services;

public sealed class FailureTallyTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FailureTally _tally;

    public FailureTallyTests() => _tally = new FailureTally(new MonotonicClock(_time));

    [Fact]
    public void Latest_CountsOfAllStreams_UntilFiveMinutesAfterTheLast()
    {
        Assert.Null(_tally.Latest());
        var first = _time.GetUtcNow();
        _tally.Add("a", "Expired");
        _time.Advance(TimeSpan.FromMinutes(4));
        _tally.Add("b", "Expired");
        var told = _tally.Latest()!;
        Assert.Equal((2L, first, _time.GetUtcNow(), _time.GetUtcNow().AddMinutes(5)), (told.Count, told.FirstAt, told.LastAt, told.Until));

        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.Equal("b", Assert.Single(_tally.Latest()!.Streams));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(_tally.Latest());
        Assert.Empty(_tally.Of("b"));
    }

    /// <summary>What is old news is not counted with what comes later.</summary>
    [Fact]
    public void Add_AfterFiveMinutesWithout_BeginsAnew()
    {
        _tally.Add("a", "Expired");
        _time.Advance(TimeSpan.FromMinutes(5));
        _tally.Add("a", "Expired");
        var told = Assert.Single(_tally.Of("a"));
        Assert.Equal((1L, _time.GetUtcNow()), (told.Count, told.FirstAt));
    }

    /// <summary>Streams are what anybody names: each name that was ever put into stayed, and each probe of health walked over all of them.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Streams_WithoutNews_AreForgotten(bool byAProbe)
    {
        for (var minute = 0; minute < 60; minute++)
        {
            for (var i = 0; i < 100; i++)
                _tally.Add($"made-up-{minute}-{i}", "ResourceNotFoundException");
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.InRange(_tally.Streams, 100, 1_000);
        }

        _time.Advance(TimeSpan.FromMinutes(10));
        if (byAProbe)
            Assert.Null(_tally.Latest());
        else
            _tally.Add("events", "Expired");
        Assert.Equal(byAProbe ? 0 : 1, _tally.Streams);
    }

    /// <summary>A day set back kept failures news for a day and five minutes, and the names that somebody had made up.</summary>
    [Fact]
    public void Clock_SetBack_KeepsNothingForLonger()
    {
        _tally.Add("made-up", "ResourceNotFoundException");
        _tally.Add("a", "Expired");
        _time.Jump(-TimeSpan.FromDays(1));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(_tally.Of("a"));
        _tally.Add("a", "Expired");
        Assert.Equal(1, _tally.Streams);
        var told = Assert.Single(_tally.Of("a"));
        Assert.Equal((1L, _time.GetUtcNow()), (told.Count, told.FirstAt));

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(_tally.Latest());
        Assert.Equal(0, _tally.Streams);
    }

    /// <summary>Codes are what services send: their number has a bound.</summary>
    [Fact]
    public void Add_OfManyCodes_TellsNoMoreApart()
    {
        for (var i = 0; i < 1_000; i++)
            _tally.Add("a", $"Code{i}");
        var told = _tally.Of("a");
        Assert.Equal(FailureTally.MostCodes + 1, told.Count);
        Assert.Equal(1_000, told.Sum(static f => f.Count));
        Assert.Equal(1_000 - FailureTally.MostCodes, Assert.Single(told, static f => f.Code == "Other").Count);
    }
}
