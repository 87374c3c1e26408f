using Microsoft.Extensions.Logging;
using Orleans.Kpl.Host.Clustering;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Host.Tests.Clustering;

/// <summary>Which of Orleans' lines reach a silo's log.</summary>
public sealed class OrleansLogTests
{
    private const string Silo = "Orleans.Runtime.Silo";
    private const string Links = "Orleans.Kpl.Grains.Lanes.LaneLinkService";

    private static readonly Action<ILogger, string, Exception?> Line = LoggerMessage.Define<string>(LogLevel.Warning, default, "{Line}");

    private static readonly Action<ILogger, TimeSpan, Exception?> Participants = LoggerMessage.Define<TimeSpan>(
        LogLevel.Warning, default, "Participant check thread has not completed for {TimeSinceLastTick}");

    private readonly CapturedLog _heard = new();

    [Theory]
    [InlineData(Silo, "Note: Silo not running with ServerGC turned on - recommend checking app config : <configuration>")]
    [InlineData(Silo, "Note: ServerGC only kicks in on multi-core systems (settings enabling ServerGC have no effect on single-core machines).")]
    [InlineData(Links, "My range changed from <(0 0], Size=x100000000, %Ring=100%> to <(0 0], Size=x100000000, %Ring=100%> increased = True")]
    [InlineData(Links, "Starting Orleans.Kpl.Grains.Lanes.LaneLinkService grain service on: S127.0.0.1:11111:1 x702AB9E5, with range <(0 0]>")]
    public void ANoteOnServerCollection_AndTheRangeOfAGrainService_AreLeftOut(string category, string line)
    {
        var logger = new OrleansLog(_heard, CancellationToken.None).CreateLogger(category);
        Say(logger, line);
        Say(logger, "The silo is dying");
        Assert.Equal(["The silo is dying"], _heard.Texts);
    }

    [Fact]
    public void AStall_IsToldUnlessItIsLongerThanTheProcessHasBeenUp()
    {
        var logger = new OrleansLog(_heard, CancellationToken.None).CreateLogger("Orleans.Runtime.Watchdog");
        Participants(logger, TimeSpan.FromHours(1.5), null);
        Participants(logger, TimeSpan.Zero, null);
        Say(logger, "broken");
        Assert.Equal(["Participant check thread has not completed for 00:00:00", "broken"], _heard.Texts);
    }

    [Fact]
    public void OtherCategories_AreUntouched()
    {
        Say(new OrleansLog(_heard, CancellationToken.None).CreateLogger("Orleans.Kpl"), "Note: ServerGC only kicks in");
        Assert.Single(_heard.Texts);
    }

    /// <summary>Orleans tells of each step of its start that was broken off, with a stack trace, and after the silo's own last sentence.</summary>
    [Theory]
    [InlineData(Silo)]
    [InlineData("Orleans.Runtime.Watchdog")]
    [InlineData("Microsoft.Extensions.Hosting.Internal.Host")]
    public async Task FromAStopBeforeTheSiloHasJoined_NothingIsSaid(string category)
    {
        using var stop = new CancellationTokenSource();
        var logger = new OrleansLog(_heard, stop.Token).CreateLogger(category);
        // Whoever is told first of the stop, and says so.
        stop.Token.Register(() => Say(logger, "A task was cancelled"));
        Say(logger, "before");
        await stop.CancelAsync();
        Say(logger, "Membership failed to start");
        Assert.False(logger.IsEnabled(LogLevel.Critical));
        Assert.Equal(["before"], _heard.Texts);
    }

    [Fact]
    public async Task AStopOfASiloThatHasJoined_IsLoggedWhole()
    {
        using var stop = new CancellationTokenSource();
        var log = new OrleansLog(_heard, stop.Token);
        log.Join();
        await stop.CancelAsync();
        Say(log.CreateLogger(Silo), "stopping");
        Assert.Equal(["stopping"], _heard.Texts);
    }

    private static void Say(ILogger logger, string line) => Line(logger, line, null);
}
