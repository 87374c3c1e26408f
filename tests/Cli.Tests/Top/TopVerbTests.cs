using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Top;

namespace Orleans.Kpl.Cli.Tests.Top;

/// <remarks>Tests <see cref="TopScreen"/> and <see cref="TopVerb"/> too.</remarks>
public sealed class TopVerbTests
{
    private const string Map = """{"stream":"events","shards":[{"id":"shard-0","from":"0","to":"9","state":"open","owner":"S1"},{"id":"shard-1","from":"10","to":"99","state":"open","owner":null}]}""";

    [Fact]
    public async Task Once_PrintsOneScreenWithRates_AndNoCodesOfTheTerminal()
    {
        await using var tier = await FakeTier.StartAsync((_, context) => SendAsync(context, Pulses(3)));

        var run = await CliRun.RunAsync("top", "--once", "--tier", tier.Url);

        Assert.Equal(0, run.ExitCode);
        Assert.Single(tier.Requests, static r => r.Path == "/admin/events?stream=events");
        string[] parts =
        [
            "events  ACTIVE", "All is well.\n", "accepted 500/s", "delivered 400/s", "in flight 100", "accepted 500 = delivered 400", "p99 9.0 ms",
            "2 shards, 70% used on average, 0 full, 1 throttled", "silent",
        ];
        foreach (var part in parts)
            Assert.Contains(part, run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Text);
        // The busiest first.
        Assert.True(run.Text.IndexOf("shard-1", StringComparison.Ordinal) < run.Text.IndexOf("shard-0", StringComparison.Ordinal));
    }

    /// <summary>It said that all was well, right above a shard in use at 102 %: a tier takes several looks before it says so itself.</summary>
    [Theory]
    [InlineData("1020", "", "Shard shard-1 is full now: split it if its records have many keys (whether one key fills it is not known yet).\n")]
    [InlineData("1020", ",\"on_demand\":true", "Shard shard-1 is full now: Kinesis adds shards of on-demand streams by itself.\n")]
    [InlineData("1020", ",\"hot_keys\":[{\"shard\":\"shard-1\",\"hash\":\"123456789012\",\"share\":0.62,\"key\":null}]",
        "Shard shard-1 is full now: one key (hash key 12345678…) has at least 62 % of it, and no split divides a key: spread it over several keys.\n")]
    [InlineData("999", "", "All is well.\n")]
    public async Task Once_WhereAShardIsFullNow_NamesIt(string use, string more, string told)
    {
        var pulses = Pulses(2).Replace("[500,900]", $"[500,{use}]{more}", StringComparison.Ordinal);
        (await FakeTier.StartAsync((_, context) => SendAsync(context, pulses)).RunAsync("top", "--once")).AssertOutput(0, $"Z\n{told}accepted ");
    }

    /// <summary>A stream that is being scaled looks like one at rest otherwise, and its operation is what people ask about next.</summary>
    [Fact]
    public async Task Once_WhileAnOperationRuns_NamesIt()
    {
        var pulses = Pulses(2).Replace("\"operation_id\":null", "\"operation_id\":\"op-7\"", StringComparison.Ordinal);
        await using var tier = await FakeTier.StartAsync((_, context) => SendAsync(context, pulses));
        (await CliRun.RunAsync("top", "--once", "--tier", tier.Url)).AssertOutput(0, "Z\noperation op-7 runs\nAll is well.\n");
    }

    /// <summary>On a terminal each second overwrites the last, and Ctrl-C gives the former screen and the cursor back.</summary>
    [Fact]
    public async Task Interrupted_OnATerminal_LeavesItAsItWas()
    {
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartAsync(static (_, context) => SendAndStayAsync(context, Pulses(2)));

        using var screen = new StopOnRates(stop);
        var run = await CliRun.RunAsync(Stream.Null, ["top", "--tier", tier.Url], output: screen, stop: stop.Token, terminal: true).WaitAsync(Waiting.Long);

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("\u001b[?1049h\u001b[?25l", run.Text, StringComparison.Ordinal);
        // What was seen last stays.
        var left = run.Text[(run.Text.IndexOf("\u001b[?25h\u001b[?1049l", StringComparison.Ordinal) + "\u001b[?25h\u001b[?1049l".Length)..];
        Assert.Contains("accepted 500/s", left, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[H", left, StringComparison.Ordinal);
    }

    /// <summary>The stream's name and its sentence moved out of sight, where there were more silos than rows for them.</summary>
    [Theory]
    [InlineData("All is well.", 10)]
    [InlineData("A sentence that is longer than the terminal is wide, and so has a second row there, as some have.", 9)]
    public async Task Screen_OfALowTerminal_KeepsItsFirstLines(string sentence, int lines)
    {
        using var stop = new CancellationTokenSource();
        var pulses = Pulses(2).Replace("All is well.", sentence, StringComparison.Ordinal);
        await using var tier = await FakeTier.StartAsync((_, context) => SendAndStayAsync(context, pulses));
        using var output = new StopOnRates(stop);
        var run = await CliRun.RunAsync(Stream.Null, ["top", "--tier", tier.Url], output: output, stop: stop.Token, terminal: true, rows: 10)
            .WaitAsync(Waiting.Long);
        var screen = run.Text.Split("\u001b[H")[^1].Split("\u001b[J")[0].Split('\n');
        Assert.Equal(lines, screen.Length);
        Assert.Contains("events", screen[0], StringComparison.Ordinal);
        Assert.Contains(sentence, screen[1], StringComparison.Ordinal);
    }

    /// <summary>As in <c>kpl top | head</c>: it went on for ever.</summary>
    [Theory]
    [InlineData("top")]
    [InlineData("top", "--json")]
    public async Task Reader_ThatWentAway_EndsIt(params string[] words)
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) => SendAndStayAsync(context, Pulses(2)));
        var run = await CliRun.RunAsync(Stream.Null, [.. words, "--tier", tier.Url], output: new ClosedPipe(0)).WaitAsync(Waiting.Long);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    /// <summary>It waited for ever, and the screen stood still; where a silo was lost it ended, with the text of an exception.</summary>
    [Theory]
    [InlineData(true, false, 3, "no event")]
    [InlineData(true, true, 1, "the tier ended its events")]
    [InlineData(false, false, 0, "")]
    [InlineData(false, true, 0, "")]
    public async Task Tier_ThatFallsSilentOrIsLost_EndsOnce_AndIsAskedAnewByAScreen(bool once, bool isLost, int exitCode, string said)
    {
        var time = new FakeTimeProvider();
        var isShown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        await using var tier = await FakeTier.StartAsync(async (request, context) =>
        {
            if (request.Path == "/health")
            {
                isShown.TrySetResult();
                return await FakeTier.RespondAsync(context, 200, "{}");
            }

            await SendAsync(context, isLost ? Pulses(1) : "");
            if (isLost && !isShown.Task.IsCompleted)
            {
                await isShown.Task;
                context.Abort();
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        });
        var running = CliRun.RunAsync(Stream.Null, ["top", .. once ? ["--once"] : (string[])[], "--tier", tier.Url], time: time, stop: stop.Token);
        await time.PassUntilAsync(() => running.IsCompleted || tier.Requests.Count(static r => r.Path != "/health") > 1, TimeSpan.FromMilliseconds(100));
        await stop.CancelAsync();
        (await running.WaitAsync(Waiting.Long)).AssertError(exitCode, said);
    }

    /// <summary>Idle shards were blanks, and where all were, a line had nothing else.</summary>
    [Fact]
    public async Task Once_WhereShardsAreIdle_ShowsThem()
    {
        var idle = Pulses(2).Replace("[500,900]", "[0,0]", StringComparison.Ordinal);
        var run = await FakeTier.StartAsync((_, context) => SendAsync(context, idle)).RunAsync("top", "--once");
        Assert.Contains("\n··\n", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Text.Split('\n'), static l => l.EndsWith(' '));
    }

    /// <summary>Lines that the terminal would break are broken between words; none is wider, also where the terminal was wider at first.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    public void Screen_FitsTheTerminal(int columns)
    {
        var width = 200;
        var screen = new TopScreen("http://127.0.0.1:8080", new Paint(IsOn: false), () => width);
        var events = Pulses(2).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(static e => e[(e.IndexOf("data: ", StringComparison.Ordinal) + 6)..]).ToList();
        screen.SetMap(JsonDocument.Parse(events[0].Replace("\"S1\"", "\"S127.0.0.1:11111:154459804\"", StringComparison.Ordinal)
            .Replace("\"shard-", "\"shardId-00000000000", StringComparison.Ordinal)).RootElement);
        screen.Of(JsonDocument.Parse(events[1]).RootElement);
        width = columns;
        var lines = screen.Of(JsonDocument.Parse(events[2]).RootElement).Split('\n');
        Assert.All(lines, l => Assert.InRange(l.Length, 0, columns));
        Assert.Contains(lines, static l => l.Contains("accepted 500/s   delivered 400/s", StringComparison.Ordinal));
        // The port was cut off once.
        if (columns == 80)
            Assert.Contains(lines, static l => l.EndsWith("127.0.0.1:11111", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.Contains("dead lettered 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_Q_EndsIt()
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) => SendAndStayAsync(context, Pulses(2)));
        var keys = new Queue<char>("xq");
        var run = await CliRun.RunAsync(
            Stream.Null, ["top", "--tier", tier.Url], terminal: true, keyboard: true, readKey: () => keys.TryDequeue(out var key) ? key : null)
            .WaitAsync(Waiting.Long);
        Assert.Equal((0, 0), (run.ExitCode, keys.Count));
    }

    /// <summary>The key did nothing for as long as the tier might take to answer, two minutes.</summary>
    [Fact]
    public async Task Key_Q_WhileATierThatEndedItsEventsDoesNotAnswerAgain_EndsIt()
    {
        using var again = new ManualResetEventSlim();
        var opened = 0;
        await using var tier = await FakeTier.StartAsync(async (request, context) =>
        {
            if (request.Path == "/health" || Interlocked.Increment(ref opened) == 1)
                return await SendAsync(context, Pulses(2));
            again.Set();
            return await StayAsync(context);
        });
        var time = new FakeTimeProvider();
        var running = CliRun.RunAsync(Stream.Null, ["top", "--tier", tier.Url], time: time, terminal: true, keyboard: true, readKey: () =>
        {
            again.Wait(Waiting.Long, CancellationToken.None);
            return 'q';
        });
        await time.PassUntilAsync(() => running.IsCompleted, TimeSpan.FromMilliseconds(100));
        Assert.Equal((0, 2), ((await running).ExitCode, opened));
    }

    [Theory]
    [InlineData(null, null, "2 shards, 70% used")]
    [InlineData("ConnectionFailed: refused", "2026-01-31T08:30:05Z", "2 shards as of 08:30:05Z, 70% used")]
    [InlineData("ConnectionFailed: refused", null, "2 shards as known last, 70% used")]
    public async Task Shards_WhileKinesisCannotBeAsked_AreThoseOfBefore(string? trouble, string? asOf, string told)
    {
        var pulses = Pulses(2, trouble, asOf is null ? null : DateTimeOffset.Parse(asOf, CultureInfo.InvariantCulture));
        Assert.Contains(told, (await FakeTier.StartAsync((_, context) => SendAsync(context, pulses)).RunAsync("top", "--once")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("top", "--once")]
    [InlineData("top", "--once", "--json")]
    public async Task Once_OfAStreamThatIsNotThere_ExitsSo(params string[] words)
    {
        var missing = Pulses(2).Replace("\"code\":\"Well\"", "\"code\":\"StreamMissing\"", StringComparison.Ordinal);
        Assert.Equal(3, (await FakeTier.StartAsync((_, context) => SendAsync(context, missing)).RunAsync(words)).ExitCode);
    }

    /// <summary>In an outage it ended with 0, and it was silent about every other stream.</summary>
    [Theory]
    [InlineData("bad", "", 1, null)]
    [InlineData("warning", "", 0, null)]
    [InlineData("well", """{"condition":{"severity":"bad","code":"RecordsFailing","sentence":"2 records of orders failed."},"failures":{"streams":["orders"]}}""", 1,
        "All is well.\nAnother stream: 2 records of orders failed.\n")]
    [InlineData("well", """{"condition":{"severity":"warning","code":"RecordsFailing","sentence":"1 record of evnts failed."},"failures":{"streams":["evnts"]}}""", 0,
        "All is well.\nAnother stream: 1 record of evnts failed.\n")]
    [InlineData("well", """{"condition":{"severity":"bad","code":"KinesisAway","sentence":"Kinesis is away."}}""", 1, "All is well.\nKinesis is away.\n")]
    [InlineData("well", """{"condition":{"severity":"well","code":"Well","sentence":"All is well."}}""", 0, null)]
    public async Task Once_IsAsBadAsTheStreamAndTheTier(string severity, string health, int exitCode, string? told)
    {
        var pulses = Pulses(2).Replace("\"severity\":\"well\"", $"\"severity\":\"{severity}\"", StringComparison.Ordinal);
        await using var tier = await FakeTier.StartAsync(
            (request, context) => request.Path == "/health" ? FakeTier.RespondAsync(context, 200, health) : SendAsync(context, pulses));

        var run = await CliRun.RunAsync("top", "--once", "--tier", tier.Url);

        run.AssertOutput(exitCode, told ?? "All is well.\naccepted");
        Assert.Equal(exitCode, (await CliRun.RunAsync("top", "--once", "--json", "--tier", tier.Url)).ExitCode);
    }

    [Fact]
    public async Task Json_PrintsPulsesAsTheyCome()
    {
        var run = await FakeTier.StartAsync((_, context) => SendAsync(context, Pulses(1))).RunAsync("top", "--once", "--json");
        Assert.Equal((0, "events"), (run.ExitCode, run.LastJson.GetProperty("pulse").GetProperty("stream").GetString()));
    }

    [Fact]
    public async Task Tier_ThatIsNotThereOrRefuses_IsSaid()
    {
        await using var tier = await FakeTier.StartAsync(403, """{"error_code":"Forbidden","error_message":"not you"}""");
        (await CliRun.RunAsync("top", "--once", "--tier", tier.Url)).AssertError(3, "not you");
        Assert.Equal(3, (await CliRun.RunAsync("top", "--once", "--tier", "http://127.0.0.1:9")).ExitCode);
    }

    /// <summary>Interrupts when a second screen was written.</summary>
    private sealed class StopOnRates(CancellationTokenSource stop) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            if (Encoding.UTF8.GetString(buffer).Contains("accepted 500/s", StringComparison.Ordinal))
                stop.Cancel();
        }
    }

    private static string Pulses(int count, string? trouble = null, DateTimeOffset? shardsAsOf = null)
    {
        var text = new StringBuilder($"event: map\ndata: {Map}\n\n");
        for (var i = 0; i < count; i++)
        {
            text.Append($"event: pulse\ndata: {JsonSerializer.Serialize(new
            {
                at = DateTimeOffset.UnixEpoch.AddSeconds(i),
                streams = Array.Empty<object>(),
                silos = new object[] { Silo("S1", "active", DateTimeOffset.UnixEpoch), Silo("S2", "silent", null) },
                pulse = new
                {
                    stream = "events", status = "ACTIVE", operation_id = (string?)null, trouble, shards_as_of = shardsAsOf,
                    condition = new { severity = "well", code = "Well", sentence = "All is well." },
                    ledger = new { accepted = 500 * i, delivered = 400 * i, failed = 0, unknown = 0, in_flight = 100 * i, in_backlog = 0, dead_lettered = 0 },
                    backlog = (object?)null, calls = new { count = 3, p50_ms = 4.0, p99_ms = 9.0 }, oldest_seconds = 0.2,
                    utilisation = (int[])[500, 900], throttled = (int[])[0, 2], records = (int[])[500, 1000], bytes = (int[])[0, 0],
                    bucket = (int[])[1000, 0], foreign = (int[])[0, 0],
                },
            })}\n\n");
        }

        return text.ToString();
    }

    private static object Silo(string name, string state, DateTimeOffset? since) =>
        new { silo = name, state, started_at = since, version = "1.0.0", outstanding_bytes = 2_048, streams = 1, shards = 2, oldest_seconds = 0.2 };

    private static async Task<bool> SendAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
        return true;
    }

    private static async Task<bool> SendAndStayAsync(HttpContext context, string text) => await SendAsync(context, text) && await StayAsync(context);

    private static async Task<bool> StayAsync(HttpContext context)
    {
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
        return true;
    }
}
