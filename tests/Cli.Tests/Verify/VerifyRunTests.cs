using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws.Operations;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tests.Tail;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Cli.Verify;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tests.Verify;

/// <remarks>Tests <see cref="VerifySink"/> and <see cref="ToldByProducers"/>.</remarks>
public sealed class VerifyRunTests
{
    private readonly FakeSource _source = new();
    private readonly StringWriter _error = new();
    private readonly PromptTime _time = new();
    private readonly DateTimeOffset _start;

    public VerifyRunTests()
    {
        _start = _time.GetUtcNow();
        _source.Shards.Add(FakeSource.Shard("1") with { HashKeyRange = new(0, UInt128.MaxValue) });
    }

    [Fact]
    public async Task AwaitUnderWay_WhenALateRecordComes_ProvesAll()
    {
        Page(0, Of(0, 10, -60), Of(15, 10, -5));
        Page(0, Of(0, 10, -60), Of(15, 10, -5), Of(10, 5, 12));

        var report = await RunAsync();

        Assert.Equal((20L, 0L, 0L, 0L, 5L), (report.Records, report.Missing, report.UnderWay, report.Duplicates, report.CameAfter));
        Assert.Contains("kpl: 5 numbers may be under way: waiting 30 s for them", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, _source.Calls.Count(static call => call == "enter 1 AT_TIMESTAMP"));
        Assert.InRange(_time.GetUtcNow() - _start, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(35));
    }

    [Fact]
    public async Task AwaitUnderWay_WhenNothingComes_MissesIt()
    {
        Page(0, Of(0, 10, -60), Of(15, 10, -5));
        Page(0);
        Assert.Equal((5L, 0L), Of(await RunAsync(), static r => (r.Missing, r.UnderWay)));
    }

    [Fact]
    public async Task AwaitUnderWay_WhenGapsAreOld_DoesNotWait()
    {
        Page(0, Of(0, 10, -200), Of(15, 10, -100), Of(25, 10, -1));
        Assert.Equal((5L, 0L), Of(await RunAsync(), static r => (r.Missing, r.UnderWay)));
        Assert.DoesNotContain("waiting", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AwaitUnderWay_WhenItIsInterrupted_TellsWhatMayBeUnderWay()
    {
        using var stop = new CancellationTokenSource();
        Page(0, Of(0, 10, -60), Of(15, 10, -5));
        var (run, verifier) = Create(null);
        Assert.True(await run.ReadAsync(stop.Token));
        await stop.CancelAsync();
        Assert.False(await run.AwaitUnderWayAsync(stop.Token));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(5, verifier.GetReport(run.ReadUpTo).UnderWay);
    }

    /// <summary>The newest records of a producer that runs are on their way.</summary>
    [Fact]
    public async Task AwaitUnderWay_WhenTheNewestRecordsCome_ProvesAll()
    {
        Page(0, Of(0, 15, -5));
        Page(0, Of(0, 15, -5), Of(15, 5, 12));
        await using var tier = await TierAsync([Last(19, -1), Last(40, 35)]);

        var report = await RunAsync(tier: tier.Url);

        Assert.Equal((15L, 0L, 0L, 0, true), (report.Records, report.Missing, report.UnderWay, report.LinesWithoutEnd, report.IsProof));
        Assert.Contains("kpl: 5 numbers may be under way: waiting 40 s for them", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AwaitUnderWay_WhenTheNewestRecordsAreLost_MissesThem_ButNotThoseThatFailedMeanwhile()
    {
        Page(0, Of(0, 15, -5));
        Page(0, Of(0, 15, -5));
        await using var tier = await TierAsync([Last(19, -1), Last(40, 35)], 17);
        Assert.Equal((4L, 1L, 0L), Of(await RunAsync(tier: tier.Url), static r => (r.Missing, r.Failed, r.UnderWay)));
    }

    [Fact]
    public async Task AwaitUnderWay_WhenTheNewestAreOld_DoesNotWait()
    {
        Page(0, Of(0, 15, -500));
        await using var tier = await TierAsync([Last(19, -490)]);
        Assert.Equal((5L, 0L), Of(await RunAsync(tier: tier.Url), static r => (r.Missing, r.UnderWay)));
        Assert.DoesNotContain("waiting", _error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>They may have gone to the backlog; and of a producer that does not answer any more nobody knows.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task AwaitUnderWay_WhenTheNewestMayWaitInABacklog_MissesNothing(bool isInBacklog, bool isGone)
    {
        Page(0, Of(0, 15, -5));
        Page(0, Of(0, 15, -5));
        await using var tier = await TierAsync([Last(19, -1), isGone ? null : Last(19, -1, isInBacklog)]);
        Assert.Equal((0L, 5L), Of(await RunAsync(tier: tier.Url), static r => (r.Missing, r.UnderWay)));
    }

    [Fact]
    public async Task AwaitUnderWay_WhenTheBacklogHasGivenThemUpByThen_ProvesAll()
    {
        Page(0, Of(0, 15, -500));
        Page(0, Of(0, 15, -500), Of(15, 5, 12));
        await using var tier = await TierAsync([Last(19, -490, isInBacklog: true), Last(19, -490)]);
        Assert.Equal((0L, 0L, true), Of(await RunAsync(tier: tier.Url), static r => (r.Missing, r.UnderWay, r.IsProof)));
    }

    /// <summary>Reading takes a while: what came to a shard after it was read is not missing.</summary>
    [Fact]
    public async Task AwaitUnderWay_WhenReadingTookLong_KnowsWhenItBegan()
    {
        Page(1_000, Of(0, 10, -60), Of(15, 10, -5));
        _source.Add("1", () =>
        {
            _time.Advance(TimeSpan.FromMinutes(2));
            return new RecordsPage([], "1", 0, []);
        });
        Page(0, Of(0, 10, -60), Of(15, 10, -5), Of(10, 5, 12));
        Assert.Equal((0L, 0L), Of(await RunAsync(), static r => (r.Missing, r.UnderWay)));
    }

    /// <summary>Records that were retried at the end of the time come after it. What is far behind it is not read.</summary>
    [Fact]
    public async Task Read_OfATimeThatIsOver_ReadsALittleFurther()
    {
        Page(5_000, Of(0, 10, -500), Of(15, 5, -400));
        Page(4_000, Of(10, 5, -380), Of(20, 10, -390));
        Page(3_000, Of(40, 10, -300));
        _source.Failure("1", new InvalidOperationException("too far"));

        var report = await RunAsync(to: -399);

        Assert.Equal((15L, 0L), (report.Records, report.Missing));
    }

    [Fact]
    public async Task Read_WhenItIsInterrupted_SaysSo()
    {
        using var stop = new CancellationTokenSource();
        _source.Stopped("1", stop);
        Assert.False(await Create(null).Run.ReadAsync(stop.Token));
    }

    [Fact]
    public async Task Progress_GoesFromTheStartToTheTip()
    {
        var window = Window(null);
        var sink = new VerifySink(new DeliveryVerifier(window), window, _start, _time);
        sink.Found("1", [], new ShardHashKeys(0, UInt128.MaxValue));
        Assert.Equal(0, sink.Progress.Done);
        await sink.WriteAsync("1", new RecordsPage([Of(0, 1, -300)], "1", null, []), default);
        Assert.InRange((double)sink.Progress.Done / sink.Progress.Total, 0.7, 0.8);
        await sink.WriteAsync("1", new RecordsPage([Of(1, 1, -300)], "1", 50_000, []), default);
        Assert.InRange((double)sink.Progress.Done / sink.Progress.Total, 0.9, 0.99);
        await sink.WriteAsync("1", new RecordsPage([], "1", 0, []), default);
        Assert.Equal(sink.Progress.Total, sink.Progress.Done);
        Assert.Equal(2, sink.Records);
    }

    private static T Of<T>(DeliveryReport report, Func<DeliveryReport, T> part) => part(report);

    private ConsumedRecord Of(long first, int count, int second) =>
        new($"n{first}", "a", PlantedStream.Aggregate(new(first, count)), _start.AddSeconds(second));

    private void Page(long behind, params ConsumedRecord[] records) => _source.Add("1", () => new RecordsPage(records, "1", behind, []));

    private DeliveryWindow Window(int? to) =>
        new(_start.AddMinutes(-20), to is { } seconds ? _start.AddSeconds(seconds) : DateTimeOffset.MaxValue);

    private (VerifyRun Run, DeliveryVerifier Verifier) Create(int? to, string tier = "http://127.0.0.1:1")
    {
        var host = CliRun.Console(_error);
        var (status, window) = (new StatusLine(host), Window(to));
        var verifier = new DeliveryVerifier(window);
        var sink = new VerifySink(verifier, window, _start, _time);
        var told = new ToldByProducers(new AdminConnection(new Uri(tier), TierAccess.Of(host), "s", default), false, null, "s", verifier);
        return (new VerifyRun(_source, new TailFailures(status, _time, "s", "http://x"), verifier, window, sink, told, _time, status), verifier);
    }

    private async Task<DeliveryReport> RunAsync(int? to = null, string tier = "http://127.0.0.1:1")
    {
        var (run, verifier) = Create(to, tier);
        Assert.True(await run.ReadAsync(default));
        Assert.True(await run.AwaitUnderWayAsync(default));
        return verifier.GetReport(run.ReadUpTo);
    }

    /// <summary>A tier that tells a last number each time that it is asked, and failures.</summary>
    private static Task<FakeTier> TierAsync(IReadOnlyList<LastNumber?> told, params long[] failed)
    {
        var asked = 0;
        return FakeTier.StartAsync((request, context) => FakeTier.RespondAsync(context, 200, request.Path switch
        {
            "/admin/streams/s/numbers" => JsonSerializer.Serialize(
                new LastNumbers { Lines = told[asked++] is { } line ? [line] : [] }, AdminJson.Default.LastNumbers),
            "/admin/streams/s/failures?after=0&max=1000" => JsonSerializer.Serialize(
                new FailedRecordPage { Failures = asked < 2 ? [] : [.. failed.Select(Failed)] }, AdminJson.Default.FailedRecordPage),
            "/admin/streams/s/dead-letters?after=0&max=1000" => JsonSerializer.Serialize(new DeadLetterPage("s", []), AdminJson.Default.DeadLetterPage),
            _ => "{}",
        }));
    }

    private LastNumber Last(long number, int second, bool isInBacklog = false) => new()
    {
        ProducerNumber = TextOf(number), BegunAt = _start.AddMinutes(-10), GivenAt = _start.AddSeconds(second), IsInBacklog = isInBacklog,
    };

    private static FailedRecord Failed(long number) => new() { ErrorCode = "Expired", ProducerNumber = TextOf(number) };

    private static string TextOf(long number) => $"{new ProducerNumber(PlantedStream.Producer, 1, number)}";
}

public sealed class VerifyTimesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly StreamSummary Old = new("arn", "ACTIVE", Now.AddDays(-30), 1024, false, RetentionHours: 24);
    private static readonly StreamSummary Young = Old with { CreationTime = Now.AddHours(-3) };

    [Fact]
    public void On_FromTheStart_TakesAllThatIsKept_SinceTheCreationWhereThatIs()
    {
        var old = new VerifyTimes(null, null).On(Old, Now, TimeSpan.Zero);
        Assert.Equal((Now.AddDays(-1).AddMinutes(5), DateTimeOffset.MaxValue, false), (old.From, old.To, old.IsFromCreation));
        var young = new VerifyTimes(null, null).On(Young, Now, TimeSpan.Zero);
        Assert.Equal((Now.AddHours(-3), true), (young.From, young.IsFromCreation));
        Assert.False(new VerifyTimes(null, null).On(null, Now, TimeSpan.Zero).IsFromCreation);
    }

    [Fact]
    public void On_FromATime_KnowsWhetherThatIsBeforeTheCreation()
    {
        var all = new VerifyTimes(Now.AddDays(-9), null).On(Young, Now, TimeSpan.Zero);
        Assert.Equal((Now.AddHours(-3), true), (all.From, all.IsFromCreation));
        Assert.False(new VerifyTimes(Now.AddHours(-1), null).On(Young, Now, TimeSpan.Zero).IsFromCreation);
        Assert.False(new VerifyTimes(DateTimeOffset.UnixEpoch.AddYears(-9), null).On(null, Now, TimeSpan.Zero).IsFromCreation);
    }

    [Fact]
    public void On_ATimeBeforeTheCreation_IsRefused()
    {
        var refused = Assert.Throws<CliException>(() => new VerifyTimes(null, Now.AddHours(-3)).On(Young, Now, TimeSpan.Zero));
        Assert.Equal(
            "--to: 2026-01-31 09:00:00.000Z is not after the creation of the stream at 2026-01-31 09:00:00.000Z: it had no records", refused.Message);
    }
}
