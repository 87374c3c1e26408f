using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Terminal;

public sealed class ProgressBarTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void Format_WhenTheTotalIsKnown_EstimatesTheEnd() => Assert.Equal(
        "[#####...............] 25%  1,000/s  delivered 2,500  failed 3  00:30 left",
        ProgressBar.Format(new(2500, 3, 25, 100), 1000, TimeSpan.FromSeconds(10)));

    /// <summary>Of so many records the guess was more than a TimeSpan holds, and the timer that draws ended the process.</summary>
    [Fact]
    public void Format_WhenHardlyAnythingIsDone_EstimatesNothing() => Assert.EndsWith(
        "  --:-- left", ProgressBar.Format(new(500, 0, 500, long.MaxValue), 1000, TimeSpan.FromSeconds(1)), StringComparison.Ordinal);

    [Fact]
    public void Format_WhenItIsNot_TellsTheTimeSoFar() => Assert.Equal(
        "7/s  delivered 7  failed 0  1:02:03", ProgressBar.Format(new(7, 0, 0, 0), 7, new TimeSpan(1, 2, 3)));

    [Fact]
    public async Task Draw_OnATerminal_DrawsOverItself_AndLeavesNothing()
    {
        long delivered = 0;
        await using (new ProgressBar(new StatusLine(Host(terminal: true)), _time, () => new(delivered, 0, 0, 0)))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            delivered = 500;
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Contains("\r250/s  delivered 500  failed 0  00:02", _error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', _error.ToString());
        Assert.Equal("", LastLine());
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Draw_WhereThereIsNoTerminal_WritesNothing()
    {
        await using (new ProgressBar(new StatusLine(Host(terminal: false)), _time, () => new(1, 0, 0, 0)))
            _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void WriteLine_WhileALineIsDrawn_PushesItAside()
    {
        var status = new StatusLine(Host(terminal: true));
        status.Draw("progress");
        status.WriteLine("message");
        Assert.Equal("message", LastLine().Trim());
        // Whoever names a file chooses what is told of it.
        status.WriteLine("\u001b]0;mine\u0007\r\nkpl: 9 records");
        Assert.Equal("·]0;mine···kpl: 9 records", LastLine().Trim());
        status.Draw(new string('x', 500));
        Assert.Equal(79, LastLine().Length);
    }

    [Fact]
    public void Failures_ArePrintedUpToTen_AndAllCounted()
    {
        var report = new FailurePrinter(new StatusLine(Host(terminal: false)));
        for (var i = 1; i <= 12_000; i++)
            report.Add(i, i % 2 == 0 ? "Even" : "Odd", "why");
        Assert.Equal(11, _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal((12_000L, "6,000 Even, 6,000 Odd"), (report.Count, report.ByCode()));
    }

    private CliHost Host(bool terminal) => CliRun.Console(_error, terminal: terminal);

    /// <summary>What a terminal would show in its last line.</summary>
    private string LastLine()
    {
        var shown = "";
        foreach (var part in _error.ToString().TrimEnd('\n').Split('\n')[^1].Split('\r'))
            shown = part + (part.Length < shown.Length ? shown[part.Length..] : "");
        return shown.TrimEnd();
    }
}

public sealed class PaintTests
{
    [Theory]
    [InlineData(true, null, null, true)]
    [InlineData(true, "", "xterm", true)]
    [InlineData(true, "1", "xterm", false)]
    [InlineData(true, null, "dumb", false)]
    [InlineData(false, null, "xterm", false)]
    public void Colours_AreForTerminals_AndNeverWithNoColor(bool isTerminal, string? noColor, string? term, bool isColoured)
    {
        var environment = new Dictionary<string, string>();
        if (noColor is not null)
            environment["NO_COLOR"] = noColor;
        if (term is not null)
            environment["TERM"] = term;
        var error = new StringWriter();
        var host = CliRun.Console(error, terminal: isTerminal, environment: environment);

        new StatusLine(host).WriteLine("kpl: 3 failed", Tone.Bad);

        Assert.Equal(isColoured ? "\u001b[31mkpl:\u001b[0m 3 failed" : "kpl: 3 failed", error.ToString().TrimEnd());
        Assert.Equal(isColoured, host.ErrorPaint.IsOn);
    }

    [Fact]
    public void Facts_HaveNoColour() => Assert.Equal("kpl: so it is", new Paint(true).Message("kpl: so it is", Tone.Plain));
}
