using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Admin.BacklogTables"/>.</remarks>
public sealed class BacklogVerbTests
{
    private const string Terms = """{"stream":"events","accepted":2100,"delivered":1,"failed":2,"unknown":3,"in_flight":4,"in_backlog":5,"dead_lettered":6}""";

    private static readonly string Books = string.Concat(Terms.AsSpan(0, Terms.Length - 1), """
        ,"covered":[{"process":"S10.1.2.3:11111:77","started_at":"2026-01-02T03:04:05+00:00","ledger":{"accepted":1999,"delivered":1234,"failed":0,"unknown":0,"in_flight":765,"in_backlog":0,"dead_lettered":0}},
        {"process":"S10.1.2.4:11111:78","started_at":null,"ledger":{"accepted":0}}],
        "not_covered":[{"process":"S10.1.2.3:11111:76","state":"gone"},{"process":"S10.1.2.5:11111:75","state":"leaving"}]}
        """);

    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly DeadLetterPage Page = new("events", [
        new DeadLetterEntry(3, "key-3", null, "three"u8.ToArray(), "ValidationException", "no\u001b good", At, At.AddSeconds(3)),
        new DeadLetterEntry(5, "key-5", 7, new byte[2_000], "Expired", null, At, At.AddSeconds(5)),
    ]);

    [Fact]
    public async Task Status_ShowsBooksBacklogAndHealth()
    {
        var backlog = new BacklogStatus { Records = 5, Segments = 2, Bytes = 2_048, OldestAge = TimeSpan.FromSeconds(61), IsSpilling = true,
            StoreError = "disk full", DeadLetters = 6, DamagedSegments = 1, WriteUnits = 3, Cost = 0.5 };
        await using var tier = await StartAsync(backlog, isReady: true);

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        string[] parts =
        [
            "1 segment of the backlog could not be read and was moved aside, with records that are not delivered", "2,100", "in backlog", "5 records in 2 segments, 2.0 KiB, the oldest for 61 s; new records go there now",
            "the store cannot be used: disk full", "6 records are set aside", "1 segment could not be read and was moved", "0.500000 USD",
        ];
        Assert.All(parts, part => Assert.Contains(part, text.Text, StringComparison.Ordinal));
        Assert.Single(json.Lines);
        Assert.Equal((2100, 5, 12, true), (
            json.LastJson.GetProperty("ledger").GetProperty("accepted").GetInt64(), json.LastJson.GetProperty("backlog").GetProperty("records").GetInt64(),
            json.LastJson.GetProperty("health").GetProperty("outstanding_records").GetInt64(), json.LastJson.GetProperty("ready").GetProperty("ok").GetBoolean()));
    }

    [Fact]
    public async Task Status_WhenTheTierIsNotReady_SaysWhy()
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: false);

        var run = await CliRun.RunAsync("status", "--tier", tier.Url);

        run.AssertOutput(0, "it drains, 12 records of all streams outstanding", "backlog: 0 records in 0 segments, 0 bytes\n");
    }

    [Fact]
    public async Task Status_NamesTheProcessesWhoseCountsItShows()
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: true, Books);

        var text = await CliRun.RunAsync("status", "--tier", tier.Url);
        var json = await CliRun.RunAsync("status", "--tier", tier.Url, "--json");

        Assert.Equal((0, 0), (text.ExitCode, json.ExitCode));
        string[] parts =
        [
            "counted by      since                 accepted  delivered  in flight\n", "10.1.2.3:11111  2026-01-02 03:04:05Z     1,999      1,234        765\n",
            "10.1.2.4:11111  ?                            0          0          0\n",
            "not counted: 10.1.2.3:11111, before it started anew: it is gone; only what it had in the backlog is\n",
            "not counted: 10.1.2.5:11111: it is leaving\n",
        ];
        Assert.All(parts, part => Assert.Contains(part, text.Text, StringComparison.Ordinal));
        Assert.Equal("gone", json.LastJson.GetProperty("ledger").GetProperty("not_covered")[0].GetProperty("state").GetString());
    }

    /// <summary>As a tier before contract version 3 answers.</summary>
    [Fact]
    public async Task Status_OfATierThatDoesNotNameThem_ShowsTheSums()
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: true);
        var text = (await CliRun.RunAsync("status", "--tier", tier.Url)).Text;
        Assert.Contains("2,100", text, StringComparison.Ordinal);
        Assert.DoesNotContain("counted", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/streams/events/dead-letters?after=0&max=100", "backlog")]
    [InlineData("/admin/streams/events/dead-letters?after=0&max=100", "backlog", "list")]
    [InlineData("/admin/streams/events/dead-letters?after=4&max=2", "backlog", "list", "--after", "4", "--max", "2")]
    public async Task List_ShowsATable(string path, params string[] arguments)
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: true);

        var table = await CliRun.RunAsync([.. arguments, "--tier", tier.Url]);
        var json = await CliRun.RunAsync([.. arguments, "--tier", tier.Url, "--json"]);

        Assert.Equal((0, 0), (table.ExitCode, json.ExitCode));
        Assert.All(tier.Requests, r => Assert.Equal(path, r.Path));
        Assert.Contains("2026-01-02 03:04:08Z", table.Lines[1], StringComparison.Ordinal);
        Assert.Contains("no· good", table.Lines[1], StringComparison.Ordinal);
        Assert.Contains("Expired", table.Lines[2], StringComparison.Ordinal);
        Assert.Equal(2, json.LastJson.GetProperty("dead_letters").GetArrayLength());
    }

    [Fact]
    public void List_OfWhichThereAreMore_SaysHowToReadOn() =>
        Assert.EndsWith("there may be more: --after 5\n", Cli.Admin.BacklogTables.Of(Page with { HasMore = true }), StringComparison.Ordinal);

    /// <summary>Segments that could not be read hold no dead letters, and must be seen to all the same.</summary>
    [Theory]
    [InlineData(0, 0, "events: nothing is set aside\n")]
    [InlineData(0, 3, "events: no record is set aside\n3 segments could not be read and were moved out of the way: the log says where\n")]
    [InlineData(2, 3, "3 segments could not be read and were moved out of the way: the log says where\n")]
    public void List_TellsOfDamagedSegments(int letters, long damaged, string end)
    {
        var told = Page with { DeadLetters = [.. Page.DeadLetters.Take(letters)], DamagedSegments = damaged };
        var page = AdminJson.Read(JsonSerializer.Serialize(told, AdminJson.Default.DeadLetterPage), AdminJson.Default.DeadLetterPage);

        Assert.EndsWith(end, Cli.Admin.BacklogTables.Of(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_ShowsTheRecordWithItsData()
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: true);

        var small = await CliRun.RunAsync("backlog", "show", "3", "--tier", tier.Url);
        var json = await CliRun.RunAsync("backlog", "show", "3", "--tier", tier.Url, "--json");
        var missing = await CliRun.RunAsync("backlog", "show", "4", "--tier", tier.Url);

        Assert.Equal((0, 0, 3), (small.ExitCode, json.ExitCode, missing.ExitCode));
        Assert.EndsWith("5 bytes:\nthree\n", small.Text, StringComparison.Ordinal);
        Assert.Equal("three"u8, json.LastJson.GetProperty("data").GetBytesFromBase64());
        Assert.Contains("nothing is set aside as 4", missing.Error, StringComparison.Ordinal);
        Assert.Equal("/admin/streams/events/dead-letters?after=2&max=1", tier.Requests.First().Path);
    }

    [Theory]
    [InlineData("requeue", """{"numbers":[3,5]}""", "2 records in the backlog again\n", "3", "5")]
    [InlineData("requeue", """{"all":true}""", "2 records in the backlog again\n", "--all")]
    [InlineData("drop", """{"numbers":[3]}""", "2 records given up\n", "3")]
    [InlineData("drop", """{"all":true}""", "2 records given up\n", "--all")]
    public async Task Acts_SayWhichAndTellHowMany(string act, string body, string told, params string[] which)
    {
        await using var tier = await StartAsync(new BacklogStatus(), isReady: true);

        var run = await CliRun.RunAsync(["backlog", act, .. which, "--tier", tier.Url, "--stream", "orders"]);

        Assert.Equal((0, told), (run.ExitCode, run.Text));
        Assert.Equal(($"/admin/streams/orders/dead-letters/{act}", body), (tier.Requests.Single().Path, tier.Requests.Single().Body));
    }

    [Theory]
    [InlineData("backlog", "drop")]
    [InlineData("backlog", "drop", "3", "--all")]
    [InlineData("backlog", "requeue", "three")]
    [InlineData("backlog", "show")]
    [InlineData("backlog", "show", "0")]
    [InlineData("backlog", "list", "--max", "0")]
    [InlineData("backlog", "burn")]
    [InlineData("status", "events")]
    public async Task Verbs_WithBadArguments_SayWhat(params string[] arguments)
    {
        var run = await CliRun.RunAsync([.. arguments, "--tier", "http://127.0.0.1:1"]);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("kpl: ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "UnknownDeadLetter", 3)]
    [InlineData(503, "StateUnavailable", 1)]
    public async Task Acts_WhenRefused_TellWhy(int status, string code, int exitCode)
    {
        await using var tier = await FakeTier.StartAsync((_, context) => FakeTier.RespondAsync(context, status, $$"""{"error_code":"{{code}}","error_message":"because"}"""));
        (await CliRun.RunAsync("backlog", "drop", "7", "--tier", tier.Url)).AssertError(exitCode, $"{code}: because");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("backlog")]
    [InlineData("history")]
    public async Task Verbs_WithoutATier_SayWhatIsNotThere(string verb) =>
        Assert.Equal(3, (await CliRun.RunAsync(verb, "--tier", "http://127.0.0.1:1")).ExitCode);

    private static Task<FakeTier> StartAsync(BacklogStatus backlog, bool isReady, string ledger = Terms) =>
        FakeTier.StartAsync((request, context) => request.Path switch
    {
        "/health" => FakeTier.RespondAsync(context, 200, """{"ok":true,"outstanding_records":12}"""),
        "/health/ready" => isReady
            ? FakeTier.RespondAsync(context, 200, """{"ok":true}""")
            : FakeTier.RespondAsync(context, 503, """{"error_code":"Draining","error_message":"it drains"}"""),
        "/admin/streams/events/ledger" => FakeTier.RespondAsync(context, 200, ledger),
        "/admin/streams/events/backlog" => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(backlog, AdminJson.Default.BacklogStatus)),
        _ when request.Path.EndsWith("/requeue", StringComparison.Ordinal) => FakeTier.RespondAsync(context, 200, """{"stream":"events","requeued":2}"""),
        _ when request.Path.EndsWith("/drop", StringComparison.Ordinal) => FakeTier.RespondAsync(context, 200, """{"stream":"events","dropped":2}"""),
        _ => FakeTier.RespondAsync(context, 200, JsonSerializer.Serialize(Page, AdminJson.Default.DeadLetterPage)),
    });
}
