using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Tests.Terminal;

public sealed class InterruptNoticeTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _error = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly LastWords _lastWords = new();
    private StatusLine? _status;
    private long _underWay = 3;

    [Fact]
    public async Task Interrupt_WhoseRecordsTakeLong_TellsWhatIsUnderWay()
    {
        using var notice = Create();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("", _error.ToString());

        await _stop.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("kpl: interrupted: waiting for 3 records under way; a second interrupt ends at once", _error.ToString().TrimEnd());
    }

    [Fact]
    public async Task Interrupt_WhenNothingIsUnderWay_SaysNothing()
    {
        using var notice = Create();
        _underWay = 0;
        await _stop.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task Interrupt_WhenTheWorkEndsAtOnce_SaysNothing()
    {
        using (Create())
            await _stop.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        _lastWords.Tell();
        Assert.Equal("", _error.ToString());
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void SecondInterrupt_TellsWhatIsLeft()
    {
        using var notice = Create();
        _lastWords.Tell();
        Assert.Equal("kpl: 3 undelivered", _error.ToString().TrimEnd());
    }

    /// <summary>The prompt of the shell then stood behind a bar.</summary>
    [Fact]
    public void SecondInterrupt_IsTheLastThatIsSeen()
    {
        using var notice = Create();
        _status!.Draw("[##..]");
        _lastWords.Tell();
        _status.Draw("[###.]");
        Assert.EndsWith($"kpl: 3 undelivered{Environment.NewLine}", _error.ToString(), StringComparison.Ordinal);
    }

    private InterruptNotice Create()
    {
        var host = new CliHost
        {
            Input = Stream.Null, Output = Stream.Null, Error = _error, ErrorIsTerminal = true,
            Environment = new Dictionary<string, string> { ["NO_COLOR"] = "1" },
            Directory = "/", Time = _time, Stop = _stop.Token, LastWords = _lastWords,
        };
        _status = new StatusLine(host);
        return new InterruptNotice(host, _status, () => _underWay, () => $"kpl: {_underWay} undelivered");
    }
}
