using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Terminal;

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
        var host = new CliHost
        {
            Input = Stream.Null, Output = Stream.Null, Error = error, ErrorIsTerminal = isTerminal, Environment = environment, Directory = "/",
        };

        new StatusLine(host).WriteLine("kpl: 3 failed", Tone.Bad);

        Assert.Equal(isColoured ? "\u001b[31mkpl:\u001b[0m 3 failed" : "kpl: 3 failed", error.ToString().TrimEnd());
        Assert.Equal(isColoured, host.ErrorPaint.IsOn);
    }

    [Fact]
    public void Facts_HaveNoColour() => Assert.Equal("kpl: so it is", new Paint(true).Message("kpl: so it is", Tone.Plain));
}
