using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Admin.BacklogTables"/>.</remarks>
public sealed class BacklogVerbTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly DeadLetterPage Page = new("events", [
        new DeadLetterEntry(3, "key-3", null, "three"u8.ToArray(), "ValidationException", "no\u001b good", At, At.AddSeconds(3)),
        new DeadLetterEntry(5, "key-5", 7, new byte[2_000], "Expired", null, At, At.AddSeconds(5)),
    ]);

    [Theory]
    [InlineData("/admin/streams/events/dead-letters?after=0&max=100", "backlog")]
    [InlineData("/admin/streams/events/dead-letters?after=0&max=100", "backlog", "list")]
    [InlineData("/admin/streams/events/dead-letters?after=4&max=2", "backlog", "list", "--after", "4", "--max", "2")]
    public async Task List_ShowsATable(string path, params string[] arguments)
    {
        await using var tier = await StartAsync();

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
        await using var tier = await StartAsync();

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
        await using var tier = await StartAsync();

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

    private static Task<FakeTier> StartAsync() => FakeTier.StartAsync(static (request, context) => FakeTier.RespondAsync(
        context, 200, request.Path.Split('/')[^1] switch
        {
            "requeue" => """{"stream":"events","requeued":2}""",
            "drop" => """{"stream":"events","dropped":2}""",
            _ => JsonSerializer.Serialize(Page, AdminJson.Default.DeadLetterPage),
        }));
}
