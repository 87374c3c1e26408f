using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Admin;

/// <remarks>Tests <see cref="Cli.Admin.ExplainText"/>.</remarks>
public sealed class ExplainVerbTests
{
    private static readonly FailedRecord Failure = new()
    {
        Number = 12, EndedAt = DateTimeOffset.UnixEpoch, HashKey = 77, Status = RecordStatus.Failed, ErrorCode = "Expired", ErrorMessage = "too late",
        AttemptCount = 1,
        Attempts = [new Attempt { StartedAt = DateTimeOffset.UnixEpoch, EndedAt = DateTimeOffset.UnixEpoch.AddMilliseconds(20), ErrorCode = "RequestTimeout" }],
    };

    private static readonly RecordExplanation Told = new()
    {
        Stream = "events", HashKey = 77, ShardId = "shardId-000000000003", StartingHashKey = 5, EndingHashKey = 99, OwnerSilo = "S10.1.2.3:11111:77",
        MapVersion = "0badcafe",
        IsMapCurrent = false, Utilisation = 1.25, Throttled = 4, Bucket = 0.1, ForeignShare = 0.3, HotKey = new HotKeyStatus { HashKey = 77, Share = 0.6 },
        Failure = Failure, Findings = ["It came too late.", "Split it."],
    };

    [Theory]
    [InlineData("--key", "user/17", "/admin/streams/events/explain?key=user%2F17")]
    [InlineData("--hash", "77", "/admin/streams/events/explain?hash=77")]
    [InlineData("--failure", "12", "/admin/streams/events/explain?failure=12")]
    public async Task Explain_AsksTheTier_AndTellsItAsATable(string option, string value, string path)
    {
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(Told, AdminJson.Default.RecordExplanation));

        var run = await CliRun.RunAsync("explain", option, value, "--tier", tier.Url);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(path, Assert.Single(tier.Requests).Path);
        Assert.StartsWith("It came too late.\nSplit it.\n", run.Text, StringComparison.Ordinal);
        string[] parts =
        [
            "shardId-000000000003", "5 to 99", "  10.1.2.3:11111\n", "125%",
            "4 throttled", "10% full", "30% of its rate", "at least 60%", "the sender's is older",
            "1970-01-01 00:00:00.000Z", "RequestTimeout", "20 ms",
        ];
        foreach (var part in parts)
            Assert.Contains(part, run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_OfABucketInDebt_SaysThatItIsEmpty()
    {
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(Told with { Bucket = -3.48 }, AdminJson.Default.RecordExplanation));
        var run = await CliRun.RunAsync("explain", "--key", "a", "--tier", tier.Url);
        Assert.Contains("empty: a large record is paid off", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("348", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_OfNothing_ListsTheFailures()
    {
        var page = new FailedRecordPage { Failures = [Failure], Next = 12, Missed = 11 };
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(page, AdminJson.Default.FailedRecordPage));

        var run = await CliRun.RunAsync("explain", "--tier", tier.Url);

        Assert.Equal((0, "/admin/streams/events/failures?max=1000"), (run.ExitCode, Assert.Single(tier.Requests).Path));
        Assert.StartsWith("11 failures beside these are not remembered\n", run.Text, StringComparison.Ordinal);
        // A list goes back for weeks, and the failures of another day looked like those of this night.
        Assert.Contains("1970-01-01 00:00:00.000Z  failed  Expired", run.Text, StringComparison.Ordinal);
    }

    /// <summary>After an outage it printed a thousand lines that told the same.</summary>
    [Fact]
    public async Task Explain_OfManyFailures_CountsTheirCodes_AndListsTheLatest()
    {
        FailedRecordPage[] pages =
        [
            new() { Failures = [.. Enumerable.Range(1, 1_000).Select(static n => Failure with { Number = n })], Next = 1_000, HasMore = true },
            new() { Failures = [.. Enumerable.Range(1_001, 50).Select(static n => Failure with { Number = n, ErrorCode = "Shutdown" })], Next = 1_050 },
        ];
        var bodies = Array.ConvertAll(pages, static p => JsonSerializer.Serialize(p, AdminJson.Default.FailedRecordPage));
        await using var tier = await FakeTier.StartAsync((request, context) => FakeTier.RespondAsync(
            context, 200, bodies[request.Path.EndsWith("&after=1000", StringComparison.Ordinal) ? 1 : 0]));

        var run = await CliRun.RunAsync("explain", "--tier", tier.Url);
        var all = await CliRun.RunAsync("explain", "--max", "1050", "--tier", tier.Url);
        var json = (await CliRun.RunAsync("explain", "--json", "--tier", tier.Url)).LastJson;

        Assert.Matches("Expired +1000 .*\nShutdown +50 ", run.Text);
        Assert.Contains("The last 20 of 1,050; --max 1050 lists all:\n", run.Text, StringComparison.Ordinal);
        Assert.InRange(run.Text.Count(static c => c == '\n'), 23, 30);
        Assert.InRange(all.Text.Count(static c => c == '\n'), 1_051, 1_053);
        // It had the oldest alone.
        Assert.Equal((1_050, 1_050, false), (
            json.GetProperty("failures").GetArrayLength(), json.GetProperty("next").GetInt32(), json.GetProperty("has_more").GetBoolean()));
    }

    /// <summary>It printed all of them, whatever --max said.</summary>
    [Fact]
    public async Task Explain_AsJson_HasNoMoreThanItIsAskedFor()
    {
        var page = new FailedRecordPage { Failures = [.. Enumerable.Range(1, 3).Select(static n => Failure with { Number = n })], Next = 3 };
        await using var tier = await FakeTier.StartAsync(200, JsonSerializer.Serialize(page, AdminJson.Default.FailedRecordPage));

        var one = (await CliRun.RunAsync("explain", "--max", "1", "--json", "--tier", tier.Url)).LastJson.GetProperty("failures");
        var all = (await CliRun.RunAsync("explain", "--json", "--tier", tier.Url)).LastJson.GetProperty("failures");

        Assert.Equal((1, 3, 3), (one.GetArrayLength(), one[0].GetProperty("number").GetInt32(), all.GetArrayLength()));
    }

    [Fact]
    public async Task Explain_OfTwoThings_IsRefusedBeforeTheTierIsAsked()
    {
        await using var tier = await FakeTier.StartAsync(200, "{}");
        (await CliRun.RunAsync("explain", "--key", "a", "--hash", "1", "--tier", tier.Url)).AssertError(2, "one of --failure, --key and --hash");
        Assert.Empty(tier.Requests);
    }
}
