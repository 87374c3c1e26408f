using Microsoft.Extensions.Logging;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Terminal;

public sealed class StatusLoggerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _error = new();

    /// <summary>In an outage each call fails: <c>kpl put --ack persisted</c> wrote a line for each of them.</summary>
    [Fact]
    public void Warnings_ThatDifferInNumbersAlone_AreToldOnceInTenSeconds()
    {
        var log = Create();
        for (var records = 1; records <= 4; records++)
            Tell(log, LogLevel.Warning, $"a call with {records} records failed");
        Tell(log, LogLevel.Warning, "another setting is odd");
        Assert.Equal(["kpl: a call with 1 records failed", "kpl: another setting is odd"], Lines());

        _time.Advance(TimeSpan.FromSeconds(10));
        Tell(log, LogLevel.Warning, "a call with 5 records failed");
        Assert.Equal("kpl: a call with 5 records failed (3 more like it)", Lines()[^1]);
    }

    [Fact]
    public void Errors_AreAllTold()
    {
        var log = Create();
        Tell(log, LogLevel.Error, "record 1 was not delivered");
        Tell(log, LogLevel.Error, "record 2 was not delivered");
        Assert.Equal(2, Lines().Length);
    }

    /// <summary>Records that <c>kpl run</c> went on putting were told as not delivered, once for each time-to-live.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(14)]
    [InlineData(30)]
    public void EndsOfRecords_AndHowManyOfThemAreNotLogged_AreLeftToTheVerbs(int kind)
    {
        Create().Log(LogLevel.Error, new EventId(kind), "events: the record with key 1 was not delivered: Expired", null, static (told, _) => told);
        Assert.Empty(Lines());
    }

    private static void Tell(StatusLogger log, LogLevel level, string text) => log.Log(level, default, text, null, static (told, _) => told);

    private string[] Lines() => _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private StatusLogger Create() => new(new StatusLine(CliRun.Console(_error)), _time);
}
