using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Adapters.Tests.Logging;

/// <remarks>Tests <see cref="BudgetedLogger"/> too.</remarks>
public sealed class GuardedLoggersTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _captured = new();

    /// <summary>Each try is a line, with its stack trace: in two days of an outage they filled the disk.</summary>
    [Fact]
    public void WhatIsTriedAgainAndAgain_HasAFewLinesAMinute_AndTheirNumber()
    {
        using var loggers = new GuardedLoggers(_captured, _time);
        var log = loggers.CreateLogger("lease");
        for (var second = 0; second < 120; second++)
        {
            log.Log(LogLevel.Warning, new EventId(70, "NotRenewed"), "not renewed", null, static (text, _) => text);
            log.Log(LogLevel.Warning, new EventId(71, "NotRead"), "not read", null, static (text, _) => text);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(20, _captured.Texts.Count(static t => t == "not renewed"));
        Assert.Equal(20, _captured.Texts.Count(static t => t == "not read"));
        Assert.Equal(2, _captured.Texts.Count(static t => t.Contains("50 more events of kind NotRenewed", StringComparison.Ordinal)));
    }

    [Fact]
    public void ALogger_OfAnotherCategory_HasABudgetOfItsOwn_AndOneCategoryHasOne()
    {
        using var loggers = new GuardedLoggers(_captured, _time);
        for (var i = 0; i < 20; i++)
        {
            loggers.CreateLogger("a").Log(LogLevel.Warning, new EventId(1, "x"), "of a", null, static (text, _) => text);
            loggers.CreateLogger("b").Log(LogLevel.Warning, new EventId(1, "x"), "of b", null, static (text, _) => text);
        }

        Assert.Equal((10, 10), (_captured.Texts.Count(static t => t == "of a"), _captured.Texts.Count(static t => t == "of b")));
    }

    [Fact]
    public void AProviderThatThrows_EndsNobody()
    {
        _captured.Throws = true;
        using var loggers = new GuardedLoggers(_captured, _time);
        loggers.CreateLogger("a").Log(LogLevel.Warning, new EventId(1, "x"), "text", null, static (text, _) => text);
        Assert.NotEqual(0, _captured.Thrown);
    }
}
