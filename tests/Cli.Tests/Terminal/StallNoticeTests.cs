using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Terminal;

public sealed class StallNoticeTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _error = new();
    private (long Ended, long UnderWay) _counts = (0, 2_000);
    private string? _why = "Kinesis is away.";

    [Fact]
    public async Task WhereNothingEndsForFiveSeconds_TellsOnceHowManyWaitAndWhy()
    {
        await using var notice = Create();
        _time.Advance(StallNotice.Patience - TimeSpan.FromSeconds(1));
        Assert.Equal("", _error.ToString());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("kpl: 2,000 records of the input wait for an outcome. Kinesis is away.", _error.ToString().TrimEnd());
    }

    [Fact]
    public async Task WhereItGoesOnAndStopsAgain_TellsAgain()
    {
        await using var notice = Create();
        _time.Advance(StallNotice.Patience);
        (_counts, _why) = ((1_999, 1), null);
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(StallNotice.Patience);
        Assert.Equal("kpl: 1 record of the input waits for an outcome", _error.ToString().TrimEnd().Split('\n')[^1].TrimEnd());
    }

    [Fact]
    public async Task WhereNothingIsUnderWay_OrRecordsEnd_SaysNothing()
    {
        await using (Create())
        {
            _counts = (5, 0);
            _time.Advance(TimeSpan.FromMinutes(1));
            for (var i = 0; i < 60; i++)
            {
                _counts = (_counts.Ended + 1, 7);
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("", _error.ToString());
        Assert.Equal(0, _time.ArmedTimers);
    }

    private StallNotice Create() => new(new StatusLine(CliRun.Console(_error)), _time, () => _counts, () => Task.FromResult(_why));
}
