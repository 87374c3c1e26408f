namespace Orleans.Kpl.Cli.Tests.Put;

/// <remarks>Tests <see cref="Cli.Tier.TierConnection"/>.</remarks>
public sealed class TierTroubleTests
{
    private const string NotTaken =
        """{"status":"failed","shard_id":null,"sequence_number":null,"sub_sequence_number":null,"attempts":0,"error_code":"ProvisionedThroughputExceededException","error_message":"full"}""";

    [Fact]
    public async Task Put_WhenTheTierDrains_SendsAgain()
    {
        await using var tier = await FakeTier.StartRefusingOnceAsync(503, "Draining");
        var run = await CliRun.RunAsync("a\nb", ["put", "--tier", tier.Url, "--json"]);

        Assert.Equal((0, 2), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32()));
        Assert.Equal(2, tier.Requests.Count);
        Assert.Single(tier.Requests.Select(request => request.Body).Distinct());
    }

    /// <summary>A put was silent for 30 s once while Kinesis was away.</summary>
    [Theory]
    [InlineData(200, """{"condition":{"severity":"bad","sentence":"Kinesis is away, 7 records wait: look."}}""", "of the input wait for an outcome. The tier says: Kinesis is away, 7 records wait: look.")]
    [InlineData(200, """{"failures":{"streams":["event"]},"condition":{"severity":"bad","code":"RecordsFailing","sentence":"1 of event ended."}}""", "2 records of the input wait for an outcome\n")]
    [InlineData(200, """{"condition":{"severity":"well","sentence":"All is well."}}""", "2 records of the input wait for an outcome")]
    [InlineData(200, "<html>", "does not say why")]
    [InlineData(200, "null", "does not say why")]
    [InlineData(503, "{}", "cannot be asked why")]
    public async Task Put_WhileNothingEnds_SaysWhy(int status, string health, string told)
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var tier = await FakeTier.StartAsync(async (request, context) =>
        {
            if (request.Path == "/health")
            {
                await FakeTier.RespondAsync(context, status, health);
                asked.TrySetResult();
                return true;
            }

            await asked.Task;
            return false;
        });

        var running = CliRun.RunAsync(new MemoryStream("a\nb"u8.ToArray()), ["put", "--tier", tier.Url], time: time);
        await time.PassUntilAsync(() => asked.Task.IsCompleted, TimeSpan.FromMilliseconds(100));
        var run = await running;
        run.AssertError(0, "kpl: 2 records of the input wait for an outcome");
        Assert.Contains(told, run.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    /// <summary>It was told of records of other callers that had failed.</summary>
    [Fact]
    public async Task Put_WhileItsQuotaIsUsedUp_SaysSo()
    {
        var refusals = 0;
        await using var tier = await FakeTier.StartAsync((request, context) =>
        {
            if (request.Path == "/health")
                return FakeTier.RespondAsync(context, 200, """{"condition":{"severity":"bad","code":"RecordsFailing","sentence":"Records ended."}}""");
            if (Interlocked.Increment(ref refusals) > 1)
                return Task.FromResult(false);
            context.Response.Headers.RetryAfter = "20";
            return FakeTier.RespondAsync(context, 429, """{"error_code":"QuotaReached","error_message":"the quota records_per_second of 50 is used up"}""");
        });
        var time = new FakeTimeProvider();

        var running = CliRun.RunAsync(new MemoryStream("a"u8.ToArray()), ["put", "--tier", tier.Url], time: time);
        await time.PassUntilAsync(() => running.IsCompleted, TimeSpan.FromMilliseconds(100));
        var run = await running;

        run.AssertError(0, "kpl: 1 record of the input waits for an outcome. The tier says: the quota records_per_second of 50 is used up");
        Assert.DoesNotContain("Records ended", run.Error, StringComparison.Ordinal);
    }

    /// <summary>
    /// A tier without room is there, and will have room: however long that takes, nothing failed. It may drain afterwards, as one that had room.
    /// </summary>
    [Fact]
    public async Task Put_WhileTheTierHasNoRoom_WaitsAsLongAsThatTakes()
    {
        const int full = 30;
        var requests = 0;
        await using var tier = await FakeTier.StartAsync((_, context) =>
        {
            if (++requests > full + 1)
                return Task.FromResult(false);
            context.Response.Headers.RetryAfter = "20";
            return requests <= full
                ? FakeTier.RespondAsync(context, 429, """{"error_code":"TooManyRequests","error_message":"it is full"}""")
                : FakeTier.RespondAsync(context, 503, """{"error_code":"Draining","error_message":"going down"}""");
        });
        var time = new PromptTime(TimeSpan.FromMinutes(1));

        var run = await CliRun.RunAsync(new MemoryStream("a"u8.ToArray()), ["put", "--tier", tier.Url], time: time);

        Assert.Equal((0, full + 2), (run.ExitCode, requests));
        Assert.Equal(full + 1, time.Pauses.Count(static p => p == TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Put_WhenTheTierTakesSomeRecordsOnly_SendsTheOthersAgain()
    {
        var answers = 0;
        await using var tier = await FakeTier.StartAsync((request, context) =>
        {
            var full = Interlocked.Increment(ref answers) < 3;
            var results = request.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select((_, i) => full && i % 2 == 1 ? NotTaken : FakeTier.Delivered);
            return FakeTier.RespondAsync(context, 200, string.Join('\n', results));
        });

        var run = await CliRun.RunAsync("a\nb\nc\nd\ne", ["put", "--tier", tier.Url, "--json"]);

        Assert.Equal((0, 5), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32()));
        Assert.Equal([5, 2, 1], tier.Requests.Select(r => r.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [Fact]
    public async Task Put_WhenSomethingBetweenSays503_DoesNotSendAgain()
    {
        await using var tier = await FakeTier.StartAsync(503, "<html>unavailable</html>");
        var run = await CliRun.RunAsync("a", ["put", "--tier", tier.Url]);
        Assert.Equal(1, run.ExitCode);
        Assert.Single(tier.Requests);
        Assert.Contains("Http503", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("put")]
    [InlineData("shards")]
    [InlineData("ready")]
    [InlineData("top")]
    [InlineData("bench", "--via", "http", "--records", "1")]
    public async Task Verbs_WhereTheTierIsAKinesisEndpoint_SaySo(string verb, params string[] more)
    {
        await using var endpoint = await Endpoint.StartAsync();
        var run = await CliRun.RunAsync("a", [verb, "--tier", endpoint.Url, .. more]);
        run.AssertError(verb == "ready" ? 1 : 3, " is a Kinesis endpoint, and no tier: --endpoint names one to the verbs that go there themselves");
    }

    /// <summary>Errors of many other servers have a number as their status, and the verbs ended with a stack trace.</summary>
    [Theory]
    [InlineData(404, 3, "put", "answers, but not as a tier: 404")]
    [InlineData(503, 1, "put", "Http503")]
    [InlineData(404, 3, "shards", "answers, but not as a tier: 404")]
    [InlineData(503, 1, "backlog", "answers, but not as a tier: 503")]
    [InlineData(200, 1, "put", "InvalidAnswer: the tier's answer is no list of results")]
    public async Task Verbs_WhereAnotherServerAnswers_SaySo(int status, int exitCode, string verb, string told)
    {
        await using var server = await FakeTier.StartAsync(status, $$"""{"status":{{status}},"error":"Not Found","path":"/x"}""");
        (await CliRun.RunAsync("a", [verb, "--tier", server.Url])).AssertError(exitCode, told);
    }

    /// <summary>The requests were followed there, without the key and as ones to get: <c>ready</c> found a tier, and no record arrived.</summary>
    [Theory]
    [InlineData("put", 3)]
    [InlineData("bench --via http --records 1", 3)]
    [InlineData("shards", 3)]
    [InlineData("split shardId-000000000000", 3)]
    [InlineData("status", 3)]
    [InlineData("top --once", 3)]
    [InlineData("ready", 1)]
    public async Task Verbs_WhereTheTiersAddressLeadsToAnother_SayWhich(string line, int exitCode)
    {
        await using var other = await FakeTier.StartAsync();
        await using var tier = await FakeTier.StartAsync((request, context) =>
        {
            context.Response.Headers.Location = other.Url + request.Path;
            return FakeTier.RespondAsync(context, 301, "");
        });
        var run = await CliRun.RunAsync("a", [.. line.Split(' '), "--tier", tier.Url]);
        run.AssertError(exitCode, $"{tier.Url} only leads to {other.Url}: name that address");
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Put_WhenTheConnectionBreaks_FailsTheRecords_AndDoesNotSendAgain()
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        });

        var run = await CliRun.RunAsync("a\nb", ["put", "--tier", tier.Url]);

        Assert.Equal(1, run.ExitCode);
        Assert.Single(tier.Requests);
        Assert.Contains("2 ConnectionLost", run.Error, StringComparison.Ordinal);
        Assert.Contains("may have been delivered", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A tier that was there was told to be out of reach, and to have another address; why the connection ended, .NET's inner error says.</summary>
    [Theory]
    [InlineData("put", 1, "ConnectionLost: An error occurred while sending the request: ")]
    [InlineData("shards", 3, "was lost before its answer: An error occurred while sending the request: ")]
    [InlineData("top --once", 3, "was lost before its answer: An error occurred while sending the request: ")]
    [InlineData("split shardId-000000000000", 1, "was lost before its answer: An error occurred while sending the request: ")]
    public async Task Verbs_WhereTheConnectionBreaks_SayWhy(string line, int exitCode, string told)
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        });
        var run = await CliRun.RunAsync("a", [.. line.Split(' '), "--tier", tier.Url]);
        run.AssertError(exitCode, told);
        Assert.DoesNotContain("not reachable", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A tier that was killed before its first answer was taken for one that had never been there: it ended the run at once.</summary>
    [Fact]
    public async Task Put_WhenTheTierEndsBeforeItsFirstAnswer_WaitsForAnotherInItsPlace()
    {
        var tier = await FakeTier.StartAsync(static (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        });
        var (time, input) = (new PromptTime(TimeSpan.FromMinutes(1)), new OpenInput());
        await using var put = RunningCommand.Start(time, input.Stream, "put", "--tier", tier.Url);
        await input.WriteAsync("a\n");
        await put.SaidAsync("kpl: line 1: ConnectionLost");
        await tier.DisposeAsync();
        await input.WriteAsync("b\n");

        Assert.Equal(3, await put.WaitAsync());
        Assert.InRange(time.Pauses.Count(static p => p == TimeSpan.FromSeconds(1)), 60, 70);
        Assert.Contains("is not reachable: ", put.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--tier URL names another", put.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_WhenTheBodyIsTooLarge_SendsHalves()
    {
        await using var tier = await FakeTier.StartAsync(static (request, context) =>
            request.Body.Count(static c => c == '\n') > 2 ? FakeTier.RespondAsync(context, 413, """{"error_code":"RequestTooLarge","error_message":"big"}""") : Task.FromResult(false));

        var run = await CliRun.RunAsync("a\nb\nc\nd\ne", ["put", "--tier", tier.Url, "--json"]);

        Assert.Equal((0, 5), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32()));
        Assert.Equal([1, 2, 2, 3, 5], tier.Requests.Select(request => request.Body.Count(static c => c == '\n')).Order());
    }

    /// <summary>The second half was not sent, and its records were told as too large.</summary>
    [Fact]
    public async Task Put_WhoseFirstHalfIsRefused_SendsTheOther()
    {
        var halves = 0;
        await using var tier = await FakeTier.StartAsync((request, context) =>
            request.Body.Count(static c => c == '\n') > 2 ? FakeTier.RespondAsync(context, 413, """{"error_code":"RequestTooLarge","error_message":"big"}""")
            : Interlocked.Increment(ref halves) == 1 ? FakeTier.RespondAsync(context, 401, """{"error_code":"Unauthorized","error_message":"who?"}""")
            : Task.FromResult(false));

        var run = await CliRun.RunAsync("a\nb\nc\nd", ["put", "--tier", tier.Url, "--json"]);

        Assert.Equal(2, halves);
        Assert.Equal((2, 2), (run.ExitCode, run.LastJson.GetProperty("delivered").GetInt32()));
    }

    [Fact]
    public async Task Put_WhenTheStreamDoesNotExist_StopsWithOneLine()
    {
        await using var tier = await FakeTier.StartAsync(404, """{"error_code":"ResourceNotFoundException","error_message":"Stream nope not found."}""");

        var run = await CliRun.RunAsync(string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"{i}\n")), ["put", "--tier", tier.Url]);

        run.AssertOneLine(3, "Stream nope not found");
        Assert.InRange(tier.Requests.Count, 1, 100);
    }

    /// <summary>At the port of probes it was told that the stream does not exist.</summary>
    [Fact]
    public async Task Put_WhereNoRecordsAreTaken_WasToldThatTheStreamIsMissing()
    {
        await using var tier = await FakeTier.StartAsync(404, """{"error_code":"NotFound","error_message":"only /health/live is served at this address"}""");
        var run = await CliRun.RunAsync("a", ["put", "--tier", tier.Url]);
        Assert.Equal((3, $"kpl: {tier.Url}/ takes no records: only /health/live is served at this address"), (run.ExitCode, run.Error.Trim()));
    }

    [Fact]
    public async Task Put_WhenNobodyListens_StopsWithOneLine()
    {
        var run = await CliRun.RunAsync("a\nb", ["put", "--tier", "http://127.0.0.1:1", "--json"]);
        run.AssertOneLine(3, "http://127.0.0.1:1/ is not reachable");
        Assert.Equal(0, run.LastJson.GetProperty("delivered").GetInt32());
    }

    /// <summary>Whoever typed a line heard nothing until the next one.</summary>
    [Fact]
    public async Task Put_WhenNobodyListens_StopsThoughMoreMayCome()
    {
        var input = new OpenInput();
        await input.WriteAsync("a\n");
        var run = await CliRun.RunAsync(input.Stream, ["put", "--tier", "http://127.0.0.1:1"]).WaitAsync(Waiting.Long);
        run.AssertError(3, "http://127.0.0.1:1/ is not reachable");
    }

    [Fact]
    public async Task Put_KeepsManyBatchesOnTheirWay()
    {
        var waiting = 0;
        var together = new TaskCompletionSource();
        await using var tier = await FakeTier.StartAsync(async (_, _) =>
        {
            if (Interlocked.Increment(ref waiting) == 3)
                together.SetResult();
            await together.Task;
            return false;
        });

        var run = await CliRun.RunAsync(string.Concat(Enumerable.Range(0, 2_000).Select(static i => $"{i}\n")), ["put", "--tier", tier.Url]);

        Assert.Equal(0, run.ExitCode);
    }
}
