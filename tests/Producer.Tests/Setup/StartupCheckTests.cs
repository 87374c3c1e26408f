using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Checking;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Producer.Tests.Setup;

/// <summary>What a host asks Kinesis when it starts: <see cref="KplOptions.CheckAtStart"/>.</summary>
public sealed class StartupCheckTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly CapturedLog _log = new();

    [Theory]
    [InlineData("events", LogLevel.Information, "events: 4 shards take at most 4,000")]
    [InlineData("typo", LogLevel.Warning, "Check at start: failed       stream typo: Kinesis does not know it. To do: create it")]
    public async Task Log_SaysOnceThatAllIsWellOrWhatToDo_AndStarts(string stream, LogLevel expected, string text)
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        using var host = Build(kinesis.Server.Url, StartCheck.Log, stream);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => Checks().Count > 0);
        await host.StopAsync(TestContext.Current.CancellationToken);
        var (level, line) = Assert.Single(Checks());
        Assert.Equal(expected, level);
        Assert.Contains(text, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fail_WhenSomethingIsWrong_FailsTheStartWithEveryLine()
    {
        using var dead = new DeadEndpoint();
        using var host = Build(dead.Url, StartCheck.Fail, "events");
        var error = await Assert.ThrowsAsync<KplCheckException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("endpoint", error.Message, StringComparison.Ordinal);
        Assert.False(error.Report.IsHealthy);
    }

    [Fact]
    public async Task Fail_WhenAllIsWell_Starts()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        using var host = Build(kinesis.Server.Url, StartCheck.Fail, "events");
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Single(Checks());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Off_AsksNothing()
    {
        using var dead = new DeadEndpoint();
        using var host = Build(dead.Url, StartCheck.Off, "events");
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Checks());
    }

    /// <summary>A check that gets no answer holds up neither the start nor the stop.</summary>
    [Fact]
    public async Task Log_WhileNothingAnswers_LetsTheHostStartAndStop()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        kinesis.Server.Kinesis.Faults.Add(new Orleans.Kpl.LocalKinesis.Faults.HalfOpenFault());
        using var host = Build(kinesis.Server.Url, StartCheck.Log, "events", o => o.RequestTimeout = TimeSpan.FromMinutes(10));
        await host.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Empty(Checks());
    }

    /// <summary>Without records nothing else asks Kinesis, and health would tell that all is well.</summary>
    [Fact]
    public async Task Log_WhileKinesisIsAway_AsksAgainAndHealthTellsUntilItIsThere()
    {
        var time = new FakeTimeProvider();
        var (asked, code) = (0, (string?)RecordErrorCodes.ConnectionFailed);
        await using var producer = KplProducer.Create(new KplOptions { Kinesis = { Region = "us-east-1", AccessKeyId = "local", SecretAccessKey = "local" } });
        await using var check = new StartupCheck(StartCheck.Log, Ask, _log.CreateLogger("Orleans.Kpl"), time);
        check.TellTo(producer.Parts.Pipeline);
        Assert.False(producer.Health.IsDegraded);
        await check.StartAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => producer.Health.IsDegraded);
        Assert.Equal((RecordErrorCodes.ConnectionFailed, time.GetUtcNow()), (producer.Health.DegradedCode, producer.Health.DegradedSince));

        await time.PassUntilAsync(() => Volatile.Read(ref asked) >= 3, Step);
        Assert.Equal(FakeTimeProvider.Start, producer.Health.DegradedSince);
        Assert.Single(Checks());

        code = null;
        await time.PassUntilAsync(() => !producer.Health.IsDegraded, Step);
        Assert.Equal(LogLevel.Information, Checks()[^1].Level);

        Task<KplCheckReport> Ask(IReadOnlyList<string>? only, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref asked);
            var status = code is null ? KplCheckStatus.Passed : KplCheckStatus.Failed;
            return Task.FromResult(new KplCheckReport { Lines = [new() { Name = "endpoint", Status = status, Message = "as drawn" }], AwayCode = code });
        }
    }

    /// <summary>A stream of the settings that was missing counted as well five minutes after its last failure, and before the first.</summary>
    [Fact]
    public async Task Log_WhereAStreamIsMissing_AsksAgainAndHealthTellsUntilItIsThere_AndWhenItIsGone()
    {
        await using var kinesis = await Sockets.LocalKinesis.StartAsync();
        var time = new FakeTimeProvider();
        var options = kinesis.Options(static o => o.ForStream("orders", static _ => { }));
        await using var producer = KplProducer.Create(options);
        var ask = Aws.Checking.KinesisCheck.AtStart(options, [], TimeProvider.System);
        await using var check = new StartupCheck(StartCheck.Log, ask, _log.CreateLogger("Orleans.Kpl"), time);
        check.TellTo(producer.Parts.Pipeline);
        await check.StartAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => producer.Health.MissingStreams.Count > 0);
        Assert.Equal("orders", Assert.Single(producer.Health.MissingStreams));
        Assert.False(producer.Health.IsDegraded);
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.Single(producer.Health.MissingStreams);

        await kinesis.Server.Kinesis.CreateStreamAsync("orders", 1);
        await time.PassUntilAsync(() => producer.Health.MissingStreams.Count == 0, Step);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], Checks().Select(static c => c.Level));

        await kinesis.CallAsync("DeleteStream", """{"StreamName":"orders"}""");
        await Waiting.UntilAsync(() => kinesis.Server.Kinesis.Find("orders") is null);
        Assert.Equal(RecordErrorCodes.ResourceNotFound, (await producer.PutAsync("orders", UserRecord.FromText("k", "v"))).ErrorCode);
        await time.PassUntilAsync(() => producer.Health.MissingStreams.Count == 1, Step);
    }

    /// <summary>A producer that is created within a request asked on in that request's span, and logged in its scopes.</summary>
    [Theory]
    [InlineData(StartCheck.Log)]
    [InlineData(StartCheck.Fail)]
    public async Task Questions_InTheBackground_AreNotInTheFlow_OfWhoStartedTheProducer(StartCheck setting)
    {
        var (caller, time) = (new AsyncLocal<string?> { Value = "a request" }, new FakeTimeProvider());
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        await using var check = new StartupCheck(setting, Ask, _log.CreateLogger("Orleans.Kpl"), time);
        await check.StartAsync(TestContext.Current.CancellationToken);
        caller.Value = null;
        await time.PassUntilAsync(() => seen.Count >= 3, Step);
        Assert.All(seen.Skip(1), Assert.Null);

        Task<KplCheckReport> Ask(IReadOnlyList<string>? only, CancellationToken cancellationToken)
        {
            seen.Enqueue(caller.Value);
            return Task.FromResult(new KplCheckReport { Lines = [], MissingStreams = ["orders"] });
        }
    }

    /// <summary>Each check costs calls that all programs of an account share: of streams that are there it asks once.</summary>
    [Fact]
    public async Task Log_WhereOneOfTwoStreamsIsMissing_AsksAgainAboutThatOneAlone()
    {
        var time = new FakeTimeProvider();
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var check = new StartupCheck(StartCheck.Log, Ask, _log.CreateLogger("Orleans.Kpl"), time);
        await check.StartAsync(TestContext.Current.CancellationToken);
        await time.PassUntilAsync(() => asked.Count >= 3, Step);
        Assert.Equal(["events orders", "orders", "orders"], asked.Take(3));
        Assert.Equal(["orders"], check.Missing);

        Task<KplCheckReport> Ask(IReadOnlyList<string>? only, CancellationToken cancellationToken)
        {
            var streams = only ?? ["events", "orders"];
            asked.Enqueue(string.Join(' ', streams));
            return Task.FromResult(new KplCheckReport
            {
                Lines = [.. streams.Select(static s => new KplCheckLine { Name = "stream", Stream = s, Status = KplCheckStatus.Passed, Message = "as drawn" })],
                MissingStreams = ["orders"],
            });
        }
    }

    /// <summary>A question that was not answered made a missing stream count as well, and nobody asked again before a record failed.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(RecordErrorCodes.ConnectionFailed)]
    [InlineData("a defect")]
    public async Task Log_WhereAStreamIsMissing_AndTheNextAnswersDoNotTell_ItStaysMissingAndIsAskedForAgain(string? between)
    {
        var time = new FakeTimeProvider();
        var (asked, isThere) = (0, false);
        await using var check = new StartupCheck(StartCheck.Log, Ask, _log.CreateLogger("Orleans.Kpl"), time);
        await check.StartAsync(TestContext.Current.CancellationToken);

        await time.PassUntilAsync(() => Volatile.Read(ref asked) >= 5, Step);
        Assert.Equal(["orders"], check.Missing);
        Volatile.Write(ref isThere, true);
        await time.PassUntilAsync(() => check.Missing.Count == 0, Step);

        Task<KplCheckReport> Ask(IReadOnlyList<string>? only, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref asked);
            if (number == 2 && between == "a defect")
                throw new InvalidOperationException(between);
            return Task.FromResult(new KplCheckReport
            {
                Lines = [new() { Name = "stream", Stream = "orders", Status = KplCheckStatus.NotChecked, Message = "as drawn" }],
                AwayCode = number == 2 ? between : null,
                MissingStreams = number == 1 ? ["orders"] : [],
                FoundStreams = Volatile.Read(ref isThere) ? ["orders"] : [],
            });
        }
    }

    private List<(LogLevel Level, string Line)> Checks() => [.. _log.Lines.Where(l => l.Line.Contains("heck at start", StringComparison.Ordinal))];

    private IHost Build(Uri endpoint, StartCheck check, string stream, Action<KplOptions>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<ILoggerFactory>(_log);
        builder.Services.AddKpl(o =>
        {
            o.Kinesis.EndpointUrl = endpoint;
            (o.Kinesis.Region, o.Kinesis.AccessKeyId, o.Kinesis.SecretAccessKey) = ("us-east-1", "local", "local");
            o.CheckAtStart = check;
            o.ForStream(stream, _ => { });
            configure?.Invoke(o);
        });
        return builder.Build();
    }
}
