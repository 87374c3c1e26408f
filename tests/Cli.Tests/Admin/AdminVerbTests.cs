using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Commands.AdminCommands"/> and <see cref="Cli.Admin.AdminConnection"/>.</remarks>
public sealed class AdminVerbTests
{
    private static readonly ShardPlan Plan = new()
    {
        Method = ReshardMethod.Plan,
        Steps = [new ShardPlanStep { Kind = ReshardStepKind.Split, EndingHashKey = 9, At = 5, Reason = "it is hot" }],
        Result = [new PlannedRange { StartingHashKey = 0, EndingHashKey = 4, Share = 0.5 },
            new PlannedRange { StartingHashKey = 5, EndingHashKey = 9, Share = 0.5 }],
        Duration = TimeSpan.FromSeconds(30),
        MovedShare = 1,
        Reasons = ["one becomes two"],
    };

    [Fact]
    public async Task Shards_ShowsATable()
    {
        var overview = new StreamOverview
        {
            Stream = "events",
            Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            Status = "ACTIVE",
            Shards = [new ShardStatus { ShardId = "shardId-000000000000", EndingHashKey = 9, OwnerSilo = "S1", Utilisation = 0.42,
                HotKeys = [new HotKeyStatus { HashKey = 7, Share = 0.9 }] }],
        };
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(overview, AdminJson.Default.StreamOverview));

        var table = await CliRun.RunAsync("shards", "--tier", tier.Url, "--stream", "events");
        var json = await CliRun.RunAsync("shards", "--tier", tier.Url, "--json");

        Assert.Equal((0, 0), (table.ExitCode, json.ExitCode));
        Assert.Contains("owner", table.Text, StringComparison.Ordinal);
        Assert.Contains("S1", table.Text, StringComparison.Ordinal);
        Assert.Contains("42%", table.Text, StringComparison.Ordinal);
        Assert.Contains("7 (90%)", table.Text, StringComparison.Ordinal);
        Assert.Equal("S1", json.LastJson.GetProperty("shards")[0].GetProperty("owner_silo").GetString());
        Assert.All(tier.Requests, r => Assert.Equal("/admin/streams/events/shards", r.Path));
    }

    [Fact]
    public async Task Shards_WhileAnOperationRuns_NamesIt()
    {
        var overview = new StreamOverview { Stream = "events", Arn = "", Status = "UPDATING", OperationId = "op-7", Shards = [] };
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(overview, AdminJson.Default.StreamOverview));

        var table = await CliRun.RunAsync("shards", "--tier", tier.Url, "--stream", "events");

        Assert.StartsWith("events: UPDATING, 0 shards, operation op-7 runs\n", table.Text, StringComparison.Ordinal);
    }

    /// <summary>An empty column looked like a fault: one process has no silos, and in a cluster nobody sends for a shard before its first record.</summary>
    [Theory]
    [InlineData(null, false, false)]
    [InlineData("S1", true, true)]
    public async Task Shards_WithoutAnOwner_HaveNoEmptyColumn(string? other, bool hasColumn, bool isTold)
    {
        var overview = new StreamOverview
        {
            Stream = "events", Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events", Status = "ACTIVE",
            Shards = [new ShardStatus { ShardId = "shardId-000000000000", EndingHashKey = 4 },
                new ShardStatus { ShardId = "shardId-000000000001", StartingHashKey = 5, EndingHashKey = 9, OwnerSilo = other }],
        };
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(overview, AdminJson.Default.StreamOverview));
        var text = (await CliRun.RunAsync("shards", "--tier", tier.Url)).Text;
        Assert.Equal((hasColumn, isTold), (text.Contains("owner", StringComparison.Ordinal), text.Contains("nobody yet", StringComparison.Ordinal)));
    }

    /// <summary>Two hash keys of 39 digits made each row two or three lines of a usual terminal.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("S127.0.0.1:11111:154459804")]
    public void Shards_AtEightyColumns_WereBrokenByTheTerminal(string? owner)
    {
        var half = UInt128.One << 127;
        var overview = new StreamOverview
        {
            Stream = "events", Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events", Status = "ACTIVE",
            Shards = [new ShardStatus { ShardId = "shardId-000000000000", EndingHashKey = half - 1, OwnerSilo = owner, UserRecordsPerSecond = 1_000 },
                new ShardStatus { ShardId = "shardId-000000000001", StartingHashKey = half, EndingHashKey = UInt128.MaxValue, OwnerSilo = owner }],
        };
        var narrow = AdminTables.Of(overview, 80);
        Assert.All(narrow.Split('\n'), static line => Assert.InRange(line.Length, 0, 80));
        Assert.Matches(owner is null ? @"\nshardId-0{11}1  +50%  open +0%" : @"\n +1  +50%  open +0%", narrow);
        Assert.Contains("340282366920938463463374607431768211455", AdminTables.Of(overview), StringComparison.Ordinal);
    }

    /// <summary>What another program answers ended these with a stack trace.</summary>
    [Theory]
    [InlineData("<html>", "scale 3", "scale 3 --yes", "split s", "merge s t", "policy on")]
    [InlineData("[]", "scale 3 --yes", "policy on", "backlog show 1", "cost", "silos")]
    [InlineData("{}", "history", "explain", "identities", "identities ban x --for 1h", "backlog", "backlog requeue --all")]
    [InlineData("null", "split s", "policy", "policy on", "history", "status", "backlog requeue --all", "warm 3MiB --yes")]
    public async Task Verbs_WhoseAnswerIsOfAnotherProgram_SaySo(string answer, params string[] verbs)
    {
        await using var tier = await FakeTier.StartAsync(200, answer);
        foreach (var verb in verbs)
            (await CliRun.RunAsync([.. verb.Split(' '), "--tier", tier.Url])).AssertError(1, "the tier's answer cannot be read");
    }

    /// <summary>A tier that others reach is administered at an address of its own.</summary>
    [Fact]
    public async Task Admin_GoesBeforeTheTier()
    {
        await using var admin = await FakeTier.StartAsync(200, """{"stream":"events","history":[]}""");
        await using var variable = await FakeTier.StartAsync(200, """{"stream":"events","history":[]}""");
        await using var tier = await FakeTier.StartAsync(200, """{"stream":"events","history":[]}""");

        var environment = new Dictionary<string, string> { ["KPL_ADMIN"] = variable.Url };

        Assert.Equal(0, (await CliRun.RunAsync("history", "--tier", tier.Url, "--json")).ExitCode);
        Assert.Equal((0, 0, 1), (admin.Requests.Count, variable.Requests.Count, tier.Requests.Count));
        Assert.Equal(0, (await CliRun.RunAsync(Stream.Null, ["history", "--tier", tier.Url, "--json"], environment)).ExitCode);
        Assert.Equal((0, 1, 1), (admin.Requests.Count, variable.Requests.Count, tier.Requests.Count));
        Assert.Equal(0, (await CliRun.RunAsync(Stream.Null, ["history", "--tier", tier.Url, "--admin", admin.Url, "--json"], environment)).ExitCode);
        Assert.Equal((1, 1, 1), (admin.Requests.Count, variable.Requests.Count, tier.Requests.Count));
    }

    [Theory]
    [InlineData("running", 0)]
    [InlineData("done", 0)]
    [InlineData("failed", 1)]
    public async Task Split_TellsOfItsEndByTheExitCode(string state, int exitCode)
    {
        var operation = state == "running" ? "" : $$""","operation":{"operation_id":"x","kind":"split","state":"{{state}}","started_at":"2026-01-01T00:00:00Z","step":1,"steps":1,"reason":"so it ended","events":[]}""";
        await using var tier = await FakeTier.StartAsync(operation.Length == 0 ? 202 : 200, $$"""{"operation_id":"x","plan":{{JsonSerializer.Serialize(Plan, AdminJson.Default.ShardPlan)}}{{operation}}}""");

        var run = await CliRun.RunAsync("split", "shardId-000000000003", "--at", "middle", "--tier", tier.Url, "--wait", "5");

        run.AssertOutput(exitCode, "one becomes two");
        var request = Assert.Single(tier.Requests);
        Assert.Equal(("/admin/streams/events/split?wait=5", """{"shard_id":"shardId-000000000003","at":"middle"}"""), (request.Path, request.Body));
    }

    /// <summary>Where the administration has an address of its own, --tier was advised, which changes nothing then.</summary>
    [Theory]
    [InlineData("KPL_ADMIN", "--admin URL names another")]
    [InlineData("KPL_TIER", "--tier URL names another")]
    public async Task Shards_WhereTheAddressIsWrong_SaysWhatNamesAnother(string variable, string told)
    {
        var run = await CliRun.RunAsync(Stream.Null, ["shards"], new() { [variable] = CliRun.NoTier.AbsoluteUri });
        run.AssertOneLine(3, told);
    }

    /// <summary>It said that the tier is not reachable, as if nothing had been begun.</summary>
    [Fact]
    public async Task Split_WhoseAnswerIsLost_SaysThatItMayGoOn()
    {
        await using var tier = await FakeTier.StartAsync(static (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        });
        var run = await CliRun.RunAsync("split", "shardId-000000000003", "--tier", tier.Url, "--wait", "5");
        run.AssertError(1, "the tier may go on with what it was asked for: 'kpl history'");
        Assert.Single(tier.Requests);
        foreach (var question in new[] { "shards", "plan 3", "warm 8MiB", "warm 8MiB --dry-run" })
            (await CliRun.RunAsync([.. question.Split(' '), "--tier", tier.Url])).AssertOneLine(3, "was lost before its answer: ");
    }

    [Theory]
    [InlineData("scale 5", 400, "BadTarget", 2)]
    [InlineData("scale 5", 404, "ResourceNotFoundException", 3)]
    [InlineData("scale 5", 409, "OperationRunning", 1)]
    [InlineData("mode on-demand", 400, "InvalidChange", 2)]
    [InlineData("mode on-demand", 409, "LimitExceededException", 1)]
    [InlineData("backlog drop 7", 404, "UnknownDeadLetter", 3)]
    [InlineData("backlog drop 7", 503, "StateUnavailable", 1)]
    public async Task Verbs_WhenRefused_TellWhy_AndAskOnce(string line, int status, string code, int exitCode)
    {
        await using var tier = await FakeTier.StartAsync(status, $$"""{"error_code":"{{code}}","error_message":"because"}""");

        var run = await CliRun.RunAsync([.. line.Split(' '), "--tier", tier.Url]);

        run.AssertOneLine(exitCode, $"kpl: {code}: because\n");
        Assert.Distinct(tier.Requests.Select(static r => r.Path));
    }

    /// <summary>Help says 2 of what is not possible for the stream as it is, and it was 1, as of what another try may change.</summary>
    [Theory]
    [InlineData("split shardId-000000000002")]
    [InlineData("merge shardId-000000000002 shardId-000000000003")]
    [InlineData("scale 4")]
    [InlineData("plan")]
    [InlineData("policy on")]
    public async Task Verbs_ThatAnOnDemandStreamDoesNotHave_EndWithTwo(string line)
    {
        var run = await FakeTier.StartAsync(409, """{"error_code":"OnDemand","error_message":"It is on-demand."}""").RunAsync(line.Split(' '));
        Assert.Equal((2, "kpl: OnDemand: It is on-demand.\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("UnknownShard", "'kpl shards' shows them, 'kpl history' what was done.", "split", "shardId-000000000002")]
    [InlineData("UnknownFailure", "'kpl explain' alone lists the failures.", "explain", "--failure", "7")]
    public async Task Verbs_OfWhatIsNotThere_SayWhereToLook(string code, string advice, params string[] arguments)
    {
        var run = await FakeTier.StartAsync(404, $$"""{"error_code":"{{code}}","error_message":"It is gone."}""").RunAsync(arguments);
        Assert.Equal((3, $"kpl: {code}: It is gone. {advice}\n"), (run.ExitCode, run.Error));
    }

    /// <summary>Nobody who says "2" of two shards thinks of splits and merges. Without a terminal there is nobody to ask.</summary>
    [Fact]
    public async Task Scale_ToTheNumberThatIsThere_IsRefusedWithoutATerminal_AndDoneWithYes()
    {
        await using var tier = await StartEvenAsync();

        var refused = await CliRun.RunAsync("scale", "2", "--tier", tier.Url);
        Assert.DoesNotContain(tier.Requests, static r => r.Path.Contains("/scale", StringComparison.Ordinal));
        var done = await CliRun.RunAsync("scale", "2", "--yes", "--tier", tier.Url);
        var other = await CliRun.RunAsync("scale", "3", "--tier", tier.Url);

        Assert.Equal((2, 0, 0), (refused.ExitCode, done.ExitCode, other.ExitCode));
        Assert.Equal("kpl: events has 2 shards already, and 1 split would make them even: --yes does it\n", refused.Error);
        Assert.Equal(2, tier.Requests.Count(static r => r.Path.EndsWith("/scale", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("y\n", 0, 1)]
    [InlineData("n\n", 1, 0)]
    [InlineData("\n", 1, 0)]
    [InlineData("", 1, 0)]
    public async Task Scale_ToTheNumberThatIsThere_ShowsThePlanAndAsks(string typed, int exitCode, int scaled)
    {
        await using var tier = await StartEvenAsync();

        var run = await CliRun.RunAsync(
            new MemoryStream(System.Text.Encoding.UTF8.GetBytes(typed)), ["scale", "2", "--tier", tier.Url], terminal: true, keyboard: true);

        run.AssertError(exitCode, "one becomes two", "events has 2 shards already, and 1 split would make them even. Do it? [y/N] ");
        Assert.Equal(scaled, tier.Requests.Count(static r => r.Path.EndsWith("/scale", StringComparison.Ordinal)));
    }

    /// <summary>The first Ctrl-C did nothing.</summary>
    [Theory]
    [InlineData("scale", "2")]
    [InlineData("inspect")]
    public async Task AKeyboardAtWhichNobodyTypes_DoesNotKeepAnInterrupt(params string[] verb)
    {
        await using var tier = await StartEvenAsync();
        using var keyboard = new SilentKeyboard();
        using var stop = new CancellationTokenSource();
        var environment = new Dictionary<string, string> { ["KPL_TIER"] = tier.Url };
        var running = CliRun.RunAsync(keyboard, verb, environment, stop: stop.Token, terminal: true, keyboard: true);
        await keyboard.Asked;
        await stop.CancelAsync();

        (await running.WaitAsync(Waiting.Long)).AssertError(130, "interrupted before anything was done");
        Assert.DoesNotContain(tier.Requests, static r => r.Path.EndsWith("/scale", StringComparison.Ordinal));
    }

    /// <summary>An operation of no steps was begun once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scale_OfEvenShardsToTheirNumber_DoesNothingAndSaysSo(bool isTerminal)
    {
        await using var tier = await StartEvenAsync(Plan with { Steps = [] });
        var run = await CliRun.RunAsync(Stream.Null, ["scale", "2", "--tier", tier.Url], terminal: isTerminal, keyboard: isTerminal);
        Assert.Equal((0, "events has 2 shards already, and they are even: nothing is to be done\n"), (run.ExitCode, run.Text));
        Assert.DoesNotContain(tier.Requests, static r => r.Path.EndsWith("/scale", StringComparison.Ordinal));
    }

    /// <summary>Nine calls once brought seven shards to six, and nobody had been told.</summary>
    [Fact]
    public async Task Scale_WithFarMoreCallsThanShards_IsToldFirst_AndAskedForWhereSomebodyIsThere()
    {
        await using var tier = await StartEvenAsync(Plan with { Steps = [Plan.Steps[0], Plan.Steps[0], Plan.Steps[0]] });
        var told = await CliRun.RunAsync("scale", "3", "--tier", tier.Url);
        var asked = await CliRun.RunAsync(Stream.Null, ["scale", "3", "--tier", tier.Url], terminal: true, keyboard: true);
        var update = await CliRun.RunAsync("scale", "3", "--method", "update_shard_count", "--tier", tier.Url);

        const string surprise = "events has 2 shards, and 3 even shards take 3 splits";
        Assert.Equal((0, $"kpl: {surprise}\n"), (told.ExitCode, told.Error));
        asked.AssertError(1, $"{surprise}. Do it? [y/N] ");
        Assert.Equal((0, ""), (update.ExitCode, update.Error));
        Assert.Equal(2, tier.Requests.Count(static r => r.Path.EndsWith("/scale", StringComparison.Ordinal)));
    }

    private static Task<FakeTier> StartEvenAsync(ShardPlan? made = null)
    {
        var overview = JsonSerializer.Serialize(
            new StreamOverview
            {
                Stream = "events", Arn = "arn", Status = "ACTIVE",
                Shards = [new ShardStatus { ShardId = "a", EndingHashKey = 9 }, new ShardStatus { ShardId = "b", StartingHashKey = 10, EndingHashKey = 11 }],
            },
            AdminJson.Default.StreamOverview);
        var plan = JsonSerializer.Serialize(made ?? Plan, AdminJson.Default.ShardPlan);
        return FakeTier.StartAsync((request, context) => FakeTier.RespondAsync(context, request.Path.EndsWith("/scale", StringComparison.Ordinal) ? 202 : 200,
            request.Path.EndsWith("/shards", StringComparison.Ordinal) ? overview
            : request.Path.EndsWith("/plan", StringComparison.Ordinal) ? plan : $$"""{"operation_id":"x","plan":{{plan}}}"""));
    }

    [Fact]
    public async Task Silos_ShowsThemByTheirAddresses()
    {
        await using var tier = await FakeTier.StartAsync(200, """{"silos":[{"silo":"S127.0.0.1:11111:154459804","state":"active","started_at":null,"version":"0.1.0","outstanding_bytes":2048,"streams":1,"shards":2,"oldest_seconds":0.2}]}""");
        var run = await CliRun.RunAsync("silos", "--tier", tier.Url);
        Assert.Equal((0, "/admin/silos"), (run.ExitCode, Assert.Single(tier.Requests).Path));
        Assert.Matches(@"(?m)^127\.0\.0\.1:11111 +active +0\.1\.0 +2 +2 +0\.2$", run.Text);
    }

    [Fact]
    public async Task Policy_WithSettings_ChangesTheseAlone()
    {
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(new ScalingOptions { MinShards = 2 }, AdminJson.Default.ScalingOptions));

        var run = await CliRun.RunAsync("policy", "dry-run", "--set", "max_shards=9", "--tier", tier.Url);
        var unknown = await CliRun.RunAsync("policy", "--set", "most=9", "--tier", tier.Url);

        Assert.Equal((0, 2), (run.ExitCode, unknown.ExitCode));
        var posted = JsonSerializer.Deserialize(tier.Requests.Single(r => r.Body.Length > 0).Body, AdminJson.Default.ScalingOptions);
        Assert.Equal(new ScalingOptions { MinShards = 2, MaxShards = 9, Mode = ScalingMode.DryRun }, posted);
        Assert.Contains("max_shards", unknown.Error, StringComparison.Ordinal);
    }

    /// <summary>Of two who each changed a setting at once, both were told that it was set, and the setting of one was as before.</summary>
    [Fact]
    public async Task Policy_WhereAnotherOperatorSetsItMeanwhile_ChangesTheirs()
    {
        var there = new ScalingOptions { Version = 3 };
        await using var tier = await FakeTier.StartAsync((request, context) =>
        {
            if (request.Body.Length == 0)
                return FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(there, AdminJson.Default.ScalingOptions));
            var posted = AdminJson.Read(request.Body, AdminJson.Default.ScalingOptions);
            if (there.Version == 3)
                there = there with { MinShards = 2, Version = 4 };
            return posted.Version == there.Version
                ? FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(there = posted with { Version = 5 }, AdminJson.Default.ScalingOptions))
                : FakeTier.RespondAsync(context, 409, """{"error_code":"PolicyChanged","error_message":"it was set by somebody else"}""");
        });

        var run = await CliRun.RunAsync("policy", "--set", "max_shards=9", "--tier", tier.Url);
        var version = await CliRun.RunAsync("policy", "--set", "version=9", "--tier", tier.Url);

        Assert.Equal((0, 2), (run.ExitCode, version.ExitCode));
        Assert.Equal(new ScalingOptions { MinShards = 2, MaxShards = 9, Version = 5 }, there);
        Assert.DoesNotContain("version", run.Text + version.Error.Split(';')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policy_WhereItIsSetByOthersAgainAndAgain_SaysSo()
    {
        var policy = JsonSerializer.Serialize(new ScalingOptions { Version = 3 }, AdminJson.Default.ScalingOptions);
        await using var tier = await FakeTier.StartAsync((request, context) => request.Body.Length == 0
            ? FakeTier.RespondAsync(context, 200, policy)
            : FakeTier.RespondAsync(context, 409, """{"error_code":"PolicyChanged","error_message":"it was set by somebody else"}"""));

        var run = await CliRun.RunAsync("policy", "--set", "max_shards=9", "--tier", tier.Url);

        Assert.Equal((1, 10), (run.ExitCode, tier.Requests.Count));
        Assert.Contains("PolicyChanged", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public async Task Policy_WithWhatIsNoNumber_LeavesItToTheTierToSaySo(string value)
    {
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(new ScalingOptions(), AdminJson.Default.ScalingOptions));

        await CliRun.RunAsync("policy", "--set", $"max_shards={value}", "--tier", tier.Url);

        Assert.Contains($"\"max_shards\":\"{value}\"", tier.Requests.Single(r => r.Body.Length > 0).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_NamesBothShards()
    {
        await using var tier = await FakeTier.StartAsync(202, $$"""{"operation_id":"x","plan":{{JsonSerializer.Serialize(Plan, AdminJson.Default.ShardPlan)}}}""");

        var run = await CliRun.RunAsync("merge", "shardId-000000000003", "shardId-000000000004", "--tier", tier.Url);
        var incomplete = await CliRun.RunAsync("merge", "shardId-000000000003", "--tier", tier.Url);

        Assert.Equal((0, 2), (run.ExitCode, incomplete.ExitCode));
        Assert.Contains("operation x has begun", run.Text, StringComparison.Ordinal);
        var request = Assert.Single(tier.Requests);
        Assert.Equal(("/admin/streams/events/merge", """{"shard_id":"shardId-000000000003","adjacent_shard_id":"shardId-000000000004"}"""), (request.Path, request.Body));
    }

    [Theory]
    [InlineData("""{"shards":8}""", "8")]
    [InlineData("{}")]
    public async Task Plan_ShowsReasonsObstaclesStepsAndRanges(string body, params string[] arguments)
    {
        await using var tier = await FakeTier.StartAsync(
            200, JsonSerializer.Serialize(Plan with { Obstacles = ["the account has no more shards"] }, AdminJson.Default.ShardPlan));

        var run = await CliRun.RunAsync(["plan", .. arguments, "--tier", tier.Url]);

        run.AssertOutput(0, "one becomes two", "But: the account has no more shards", "1 call, about 30 s", "it is hot");
        Assert.Equal(("/admin/streams/events/plan", body), (Assert.Single(tier.Requests).Path, tier.Requests.Single().Body));
    }

    [Fact]
    public async Task History_ShowsWhatHappened()
    {
        const string Entry = """{"operation_id":"x","kind":"scale","state":"stopped","started_at":"2026-01-01T00:00:00Z","step":1,"steps":2,"reason":"so it ended","events":[{"at":"2026-01-01T00:00:01Z","step":1,"text":"Accepted"}]}""";
        await using var tier = await FakeTier.StartAsync(200, $$"""{"history":[{{Entry}}]}""");
        await using var fresh = await FakeTier.StartAsync(200, """{"history":[]}""");

        var run = await CliRun.RunAsync("history", "--tier", tier.Url);
        var none = await CliRun.RunAsync("history", "--tier", fresh.Url);

        Assert.Equal((0, 0), (run.ExitCode, none.ExitCode));
        Assert.Contains("2026-01-01 00:00:00Z  scale  stopped  1/2  x", run.Text, StringComparison.Ordinal);
        Assert.Contains("so it ended", run.Text, StringComparison.Ordinal);
        Assert.Contains("00:00:01  step 1  Accepted", run.Text, StringComparison.Ordinal);
        Assert.Contains("nothing was done yet", none.Text, StringComparison.Ordinal);
        Assert.Equal("/admin/streams/events/history", tier.Requests.Single().Path);
    }

    /// <summary>It was "no answer within 120 s", said after ten.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Tier_ThatNeverShakesHands_IsToldByTheLimitOfConnections()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var run = await CliRun.RunAsync("history", "--tier", $"https://{silent.LocalEndpoint}");
        run.AssertError(3, $"no connection to https://{silent.LocalEndpoint}/ within 10 s");
    }
}
