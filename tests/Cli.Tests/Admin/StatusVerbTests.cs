using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Admin.HealthText"/>.</remarks>
public sealed class StatusVerbTests
{
    private const string Healthy = """{"ok":true,"outstanding_records":0,"degraded":false,"degraded_since":null,"degraded_code":null,"oldest_record_age_seconds":null}""";

    private const string Degraded = """{"ok":true,"outstanding_records":12,"degraded":true,"degraded_since":"2026-01-02T03:04:05Z","degraded_code":"ConnectionFailed","oldest_record_age_seconds":31.54,"condition":{"severity":"bad","code":"KinesisAway","sentence":"Kinesis is away since 2026-01-02 03:04 UTC (ConnectionFailed), 12 records wait."}}""";

    private const string Sums = """{"stream":"events","accepted":2100,"delivered":1,"failed":2,"unknown":3,"in_flight":4,"in_backlog":5,"dead_lettered":6}""";

    private static readonly string Named = string.Concat(Sums.AsSpan(0, Sums.Length - 1), """
        ,"covered":[{"process":"S10.1.2.3:11111:77","started_at":"2026-01-02T03:04:05+00:00","ledger":{"accepted":1999,"delivered":1234,"failed":0,"unknown":0,"in_flight":765,"in_backlog":0,"dead_lettered":0}},
        {"process":"S10.1.2.4:11111:78","started_at":null,"ledger":{"accepted":0}}],
        "not_covered":[{"process":"S10.1.2.3:11111:76","state":"gone"},{"process":"S10.1.2.5:11111:75","state":"leaving"}]}
        """);

    private const string Unknown = """{"error_code":"ResourceNotFoundException","error_message":"Stream typo not found."}""";

    [Fact]
    public async Task Status_OfADegradedTier_SaysSinceWhenAndWhy_AndEndsWithOne()
    {
        await using var tier = await StartAsync(Degraded, (502, "{}"));

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.Contains(": Kinesis is away since 2026-01-02 03:04 UTC (ConnectionFailed), 12 records wait.\n", text.Text, StringComparison.Ordinal);
        Assert.Equal(("ConnectionFailed", JsonValueKind.Null), (
            json.LastJson.GetProperty("health").GetProperty("degraded_code").GetString(), json.LastJson.GetProperty("stream_exists").ValueKind));
    }

    [Theory]
    [InlineData("bad", 1)]
    [InlineData("warning", 0)]
    public async Task Status_OfATierThatIsNotWell_SaysItsOwnSentence(string severity, int exitCode)
    {
        var condition = $$"""{"severity":"{{severity}}","code":"Odd","sentence":"3 records of clicks failed: look."}""";
        var health = $$"""{{Healthy[..^1]}},"condition":{{condition}}}""";
        (await StartAsync(health, (200, "{}")).RunAsync("status")).AssertOutput(exitCode, ": 3 records of clicks failed: look.\n");
    }

    /// <summary>It ended with 0 while /health was bad for another stream. Of a name that somebody may have misspelt /health is not bad.</summary>
    [Theory]
    [InlineData("events", "nope", "bad", 1)]
    [InlineData("nope", "nope", "bad", 1)]
    [InlineData("events", "nope", "warning", 0)]
    [InlineData("arn:aws:kinesis:us-east-1:000000000000:stream/nope", "nope", "bad", 1)]
    [InlineData("events", "nope", "bad", 1, "SetAside")]
    [InlineData("nope", "nope", "bad", 1, "SetAside")]
    [InlineData("events", "nope", "bad", 1, "SegmentsDamaged")]
    [InlineData("nope", "nope", "bad", 1, "SegmentsDamaged")]
    public async Task Status_WhereRecordsOfAStreamFailed_IsAsBadAsHealth(
        string asked, string failed, string severity, int exitCode, string code = "RecordsFailing")
    {
        var condition = $$"""{"severity":"{{severity}}","code":"{{code}}","sentence":"4 records of nope ended with X: look."}""";
        var told = code switch
        {
            "SetAside" => $$""" "set_aside_streams":["{{failed}}"] """,
            "SegmentsDamaged" => $$""" "damaged_streams":["{{failed}}"] """,
            _ => $$""" "failures":{"code":"X","streams":["{{failed}}"],"count":4} """,
        };
        var health = $$"""{{Healthy[..^1]}},{{told}},"condition":{{condition}}}""";
        var run = await StartAsync(health, (200, "{}")).RunAsync("status", "--stream", asked);
        run.AssertOutput(exitCode, $": {(asked == "events" ? "another stream: " : "")}4 records of nope ended with X: look.");
    }

    [Theory]
    [InlineData(Healthy, "ready, 0 records outstanding\n")]
    [InlineData("""{"ok":true,"outstanding_records":1,"degraded":false,"oldest_record_age_seconds":2}""", "ready, 1 record of all streams outstanding, the oldest for 2.0 s\n")]
    [InlineData("""{"ok":true,"outstanding_records":3}""", "ready, 3 records of all streams outstanding\n")]
    [InlineData("""{"ok":true,"outstanding_records":3,"degraded":"odd"}""", "ready, 3 records of all streams outstanding\n")]
    public async Task Status_OfATierThatDelivers_EndsWithZero(string health, string told)
    {
        (await StartAsync(health, (200, "{}")).RunAsync("status")).AssertOutput(0, told);
    }

    /// <summary>A shard that one key had filled for a minute was told as ready.</summary>
    [Fact]
    public async Task Status_WhereAShardIsFullNow_SaysSo_AndNamesTheKey()
    {
        var shards = new StreamOverview
        {
            Stream = "events", Arn = "arn", Status = "ACTIVE",
            Shards = [Shard(0, 0.4), Shard(1, 1.45) with { HotKeys = [new HotKeyStatus { HashKey = 500, Share = 0.99, PartitionKey = "user-17" }] }],
        };
        await using var tier = await StartAsync(Healthy, (200, JsonSerializer.Serialize(shards, AdminJson.Default.StreamOverview)));

        var run = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        const string told = "Shard 1 is full now: one key (user-17) has at least 99 % of it, and no split divides a key: spread it over several keys.";
        run.AssertOutput(0, $": {told}\n");
        Assert.Equal(told, json.LastJson.GetProperty("full_now").GetString());

        static ShardStatus Shard(int number, double use) => new() { ShardId = $"shardId-00000000000{number}", Utilisation = use };
    }

    [Fact]
    public async Task Status_OfAStreamThatNobodyKnows_NamesIt_AndEndsWithThree()
    {
        await using var tier = await StartAsync(Healthy, (404, Unknown));

        var text = await CliRun.RunAsync("status", "--stream", "typo", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--stream", "typo", "--tier", tier.Url, "--json");

        Assert.Equal((3, 3, ""), (text.ExitCode, json.ExitCode, text.Text));
        Assert.Equal("kpl: stream 'typo' does not exist: Kinesis does not know it", text.Error.TrimEnd());
        Assert.False(json.LastJson.GetProperty("stream_exists").GetBoolean());
    }

    /// <summary>As of a stream that was deleted while records waited for it.</summary>
    [Fact]
    public async Task Status_OfAStreamThatOnlyTheBacklogKnows_ShowsTheBacklogToo()
    {
        var run = await StartAsync(Healthy, (404, Unknown), new BacklogStatus { Records = 7, Segments = 1 }).RunAsync("status");

        run.AssertOutput(3, "backlog: 7 records in 1 segment,");
        Assert.Contains("'events' does not exist", run.Error, StringComparison.Ordinal);
    }

    /// <summary>A silo knows neither of those of the other silos. Records told as persisted were gone, and the command ended with 0.</summary>
    [Theory]
    [InlineData(1, 0, "1 record is set aside and not delivered: ")]
    [InlineData(2, 0, "2 records are set aside and not delivered")]
    [InlineData(2, 1, "1 segment of the backlog could not be read and was moved aside")]
    public async Task Status_WhereTheManagerTellsOfLostOrWaitingRecords_SaysSo_AndEndsWithOne(int letters, int damaged, string told)
    {
        var run = await StartAsync(Healthy, (200, "{}"), new BacklogStatus { DeadLetters = letters, DamagedSegments = damaged }).RunAsync("status");

        run.AssertOutput(1, $": {told}");
    }

    [Fact]
    public async Task Status_ShowsLedgerBacklogAndHealth()
    {
        var backlog = new BacklogStatus { Records = 5, Segments = 2, Bytes = 2_048, OldestAge = TimeSpan.FromSeconds(61), IsSpilling = true,
            StoreError = "disk full", DeadLetters = 6, DamagedSegments = 1, WriteUnits = 3, Cost = 0.5 };
        await using var tier = await StartAsync("""{"ok":true,"outstanding_records":12}""", (200, "{}"), backlog, Sums);

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        text.AssertOutput(
            1, "1 segment of the backlog could not be read and was moved aside, with records that are not delivered", "2,100", "in backlog",
            "5 records in 2 segments, 2.0 KiB, the oldest for 61 s; new records go there now", "the store cannot be used: disk full",
            "6 records are set aside", "1 segment could not be read and was moved", "0.500000 USD");
        // As a tier before contract version 3 answers: it does not name the processes that it counted.
        Assert.DoesNotContain("counted", text.Text, StringComparison.Ordinal);
        Assert.Single(json.Lines);
        Assert.Equal((1, 2100, 5, 12, true), (
            json.ExitCode, json.LastJson.GetProperty("ledger").GetProperty("accepted").GetInt64(),
            json.LastJson.GetProperty("backlog").GetProperty("records").GetInt64(),
            json.LastJson.GetProperty("health").GetProperty("outstanding_records").GetInt64(), json.LastJson.GetProperty("ready").GetProperty("ok").GetBoolean()));
    }

    /// <summary>Where a silo hung, the first thing that each alert asks for told nothing but that.</summary>
    [Fact]
    public async Task Status_WhereASiloDoesNotTellOfItsBacklog_ShowsAllTheRest_AndEndsWithOne()
    {
        const string refused = """{"error_code":"StateUnavailable","error_message":"what waits in the backlog of S10.1.2.5 is not known: it does not answer"}""";
        await using var tier = await FakeTier.StartAsync((request, context) => request.Path.Split('/')[^1] switch
        {
            "health" => FakeTier.RespondAsync(context, 200, Healthy),
            "ledger" => FakeTier.RespondAsync(context, 200, Sums),
            "backlog" => FakeTier.RespondAsync(context, 503, refused),
            _ => FakeTier.RespondAsync(context, 200, "{}"),
        });

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        text.AssertOutput(1, "ready, 0 records outstanding", "2,100", "backlog: not known: StateUnavailable: what waits in the backlog of S10.1.2.5 is not known");
        Assert.Equal((1, JsonValueKind.Null, 2100), (
            json.ExitCode, json.LastJson.GetProperty("backlog").ValueKind, json.LastJson.GetProperty("ledger").GetProperty("accepted").GetInt64()));
        Assert.StartsWith("StateUnavailable: what waits", json.LastJson.GetProperty("backlog_error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_WhenTheTierIsNotReady_SaysWhy()
    {
        (await StartAsync("""{"ok":true,"outstanding_records":12}""", (200, "{}"), isReady: false).RunAsync("status")).AssertOutput(
            0, "it drains, 12 records of all streams outstanding", "backlog: 0 records in 0 segments, 0 bytes\n");
    }

    [Fact]
    public async Task Status_NamesTheProcessesWhoseCountsItShows()
    {
        await using var tier = await StartAsync(Healthy, (200, "{}"), ledger: Named);

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        text.AssertOutput(
            0, "counted by      since                 accepted  delivered  in flight\n", "10.1.2.3:11111  2026-01-02 03:04:05Z     1,999      1,234        765\n",
            "10.1.2.4:11111  ?                            0          0          0\n",
            "not counted: 10.1.2.3:11111, before it started anew: it is gone; only what it had in the backlog is\n",
            "not counted: 10.1.2.5:11111: it is leaving\n");
        Assert.Equal("gone", json.LastJson.GetProperty("ledger").GetProperty("not_covered")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Status_TellsTheCapacity()
    {
        var capacity = new StreamCapacity { Stream = "events", Status = "UPDATING", MaxRecordKiB = 1_536, BillingCommitment = "DISABLED" };
        await using var tier = await StartAsync(Healthy, (200, JsonSerializer.Serialize(capacity, AdminJson.Default.StreamCapacity)));
        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");
        Assert.EndsWith(
            "capacity: provisioned, records of at most 1.5 MiB, billing commitment DISABLED; the stream is UPDATING\n", text.Text, StringComparison.Ordinal);
        Assert.Equal(1_536, json.LastJson.GetProperty("capacity").GetProperty("max_record_kib").GetInt32());
    }

    [Theory]
    [InlineData(503, """{"error_code":"ManagerUnavailable","error_message":"later"}""")]
    [InlineData(404, "<html>")]
    public async Task Status_WhereTheTierCannotTellOfTheStream_SaysNothingOfIt(int status, string answer)
    {
        var run = await StartAsync(Healthy, (status, answer)).RunAsync("status");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    private static Task<FakeTier> StartAsync(
        string health, (int Status, string Body) shards, BacklogStatus? backlog = null, string ledger = "{}", bool isReady = true) =>
        FakeTier.StartAsync((request, context) => request.Path.Split('/')[^1] switch
        {
            "health" => FakeTier.RespondAsync(context, 200, health),
            "ready" when !isReady => FakeTier.RespondAsync(context, 503, """{"error_code":"Draining","error_message":"it drains"}"""),
            "ready" => FakeTier.RespondAsync(context, 200, """{"ok":true}"""),
            "ledger" => FakeTier.RespondAsync(context, 200, ledger),
            "backlog" => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(backlog ?? new BacklogStatus(), AdminJson.Default.BacklogStatus)),
            _ => FakeTier.RespondAsync(context, shards.Status, shards.Body),
        });
}
