using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>What the dashboard says and how it looks in each state of a tier, made on purpose. The silo that is killed is in Cluster.Tests.</summary>
public sealed class DashboardStatesTests
{
    [Fact]
    public async Task Page_IdleUnderLoadAndOfAMisspeltStream_SaysWhatIs_AndOpensOnTheStreamWithLoad()
    {
        var seen = await LookAsync("quick", "--stream", "clicks=8", "--stream", "events=4");
        var states = States(seen, 3);
        Assert.Equal(["All is well.", "All is well."], states.Take(2).Select(PagePictures.SentenceOf));
        Assert.StartsWith("Stream Events does not exist in this account and region: ", PagePictures.SentenceOf(states[2]), StringComparison.Ordinal);
        Assert.Equal("events", (string)seen["first"]!["stream"]!);
        Assert.Equal(["clicks", "events"], seen["first"]!["listed"]!.AsArray().Select(static s => (string)s!));
        // The lines of what was delivered and what failed begin with what only the picture's sums know.
        Assert.Equal(["1,1234", "1,10"], seen["first"]!["lines"]!.AsArray().Select(static l => string.Join(',', l![0]!.AsArray())));
        Assert.All(seen["first"]!["lines"]!.AsArray(), static l => Assert.InRange((double)l![1]![0]!, 30, 52));
        // One process has no silo and no owner.
        Assert.All(states, static s => Assert.DoesNotMatch("(?i)silo|owner|embedded", (string)s["text"]!));
        Assert.All(states, static s => Assert.Contains("us-east-1", (string)s["title"]!, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_ThatIsOpenedLater_HasTheTimeBefore() => States(await LookAsync("past", "--stream", "events=4"), 1);

    /// <summary>The page said for ever that it was connecting, because no stream was there to be shown.</summary>
    [Fact]
    public async Task Page_WhereTheOnlyStreamIsGone_SaysSo() => States(await LookAsync("gone", "--stream", "events=1"), 1);

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_OfAHotKey_SaysThatNoSplitHelps()
    {
        var states = States(await LookAsync("hot", "--stream", "events=4"), 1);
        Assert.Matches(@"^Shard \d is full since \d\d:\d\d UTC: one key( \([^)]+\))? has at least \d+ % of it", PagePictures.SentenceOf(states[0]));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_WhereAllShardsAreFull_SaysWhatToSplitTo() => States(await LookAsync("full", "--stream", "events=2"), 1);

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_DuringAReshard_ShowsItsProgressAndItsEnd()
    {
        var seen = await LookAsync("reshard", "--stream", "events=4");
        States(seen, 1);
        Assert.Equal(("done", 12), ((string)seen["state"]!, (int)seen["shards"]!));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_DuringAnOutage_TellsWhatWaits_AndThatItWasDelivered()
    {
        using var folder = new TemporaryFolder();
        var seen = await LookAsync("outage", "--stream", "events=4", "--data", folder.Path);
        States(seen, 1);
        Assert.Equal("501", (string)seen["delivered"]!);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Page_WithoutItsTierOrItsCredential_ShowsOldFiguresAsOld_OrNone()
    {
        var seen = await LookAsync("cut", "--stream", "events=4");
        var locked = States(seen, 2)[1];
        Assert.DoesNotContain("Accepted", (string)locked["text"]!, StringComparison.Ordinal);
        Assert.NotEqual((string)seen["fresh"]!, (string)seen["old"]!);
        Assert.Equal("3", (string)seen["kept"]!);
    }

    private static Task<JsonNode> LookAsync(string what, params string[] arguments) => LocalDashboard.LookAsync(what, default, arguments);

    private static List<JsonNode> States(JsonNode seen, int count)
    {
        List<JsonNode> states = [.. seen["states"]!.AsArray().Select(static s => s!)];
        Assert.Equal(count, states.Count);
        Assert.All(states, PagePictures.Check);
        return states;
    }
}
