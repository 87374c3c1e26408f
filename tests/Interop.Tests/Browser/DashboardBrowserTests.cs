using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>The dashboard in a real browser, over a local tier of its own.</summary>
public sealed class DashboardBrowserTests
{
    [Fact]
    [Trait("Category", "Long")]
    public async Task Strip_Of1024Shards_MovesSmoothly()
    {
        var seen = await LookAsync("frames", "events=1024");
        Assert.Equal(1_024, (int)seen["shards"]!);
        Assert.True((double)seen["per_second"]! >= 30, $"{seen["per_second"]} frames a second");
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Record_IsOnTheScreenWithinTwoSeconds()
    {
        var seen = await LookAsync("live", "events=4");
        Assert.All(seen["took_ms"]!.AsArray(), static ms => Assert.InRange((int)ms!, 0, 2_000));
    }

    /// <summary>
    /// The ninth silo had the colour of the first one, and both were in the legend. A stream of a record in three seconds was told to take none; and from ten
    /// million on the ledger's terms were rounded, so that nobody could add them up.
    /// </summary>
    [Fact]
    public async Task Figures_AreToldApart()
    {
        var seen = await LookAsync("figures", "events=4");
        var (eight, ten) = (seen["eight"]!, seen["ten"]!);
        Assert.Equal(Enumerable.Range(10, 8).Select(static n => $"10.0.0.{n}:11111"), Texts(eight["names"]!));
        Assert.Equal(Texts(eight["shards"]!), Texts(eight["marks"]!));
        Assert.Equal([.. Texts(eight["names"]!), "2 more"], Texts(ten["names"]!));
        Assert.Equal([.. Texts(eight["marks"]!), Texts(ten["shards"]!)[9]], Texts(ten["marks"]!));
        Assert.Equal((9, Texts(ten["shards"]!)[8]), (Texts(ten["shards"]!).Distinct().Count(), Texts(ten["shards"]!)[9]));
        Assert.Equal("under 1", (string?)seen["rate"]);
        Assert.Equal(["12.3 M 12,345,678", "12.3 M 12,345,677", "1 "], seen["terms"]!.AsArray().Select(static t => string.Join(' ', Texts(t!))));

        static string[] Texts(JsonNode list) => [.. list.AsArray().Select(static t => (string)t!)];
    }

    /// <summary>The link that skips to the numbers took the stream out of the address: the page showed another one when it was loaded again.</summary>
    [Fact]
    public async Task Split_ByKeyboard_NeedsTheStreamsName()
    {
        var seen = await LookAsync("split", "events=4");
        Assert.Equal("#stream=events", (string?)seen["address"]);
        Assert.Equal([true, true, false], seen["locked"]!.AsArray().Select(static l => (bool)l!));
        Assert.True((bool)seen["untouched"]!);
        Assert.StartsWith("shardId-000000000001,", (string?)seen["picked"], StringComparison.Ordinal);
        Assert.Contains("has begun", (string?)seen["told"], StringComparison.Ordinal);
        Assert.True((bool)seen["closed"]!);
        Assert.True((bool)seen["kept"]!, "the page shows another shard than the one that was picked");
        Assert.Empty(seen["violations"]!.AsArray().Select(static v => (string?)v));
    }

    /// <summary>
    /// Each value stood beside the name before its own. On the hour a time of another day lost its minutes. A name that is none was a lost connection. What
    /// was offered to be merged were the shards at the former place; and a split that was refused let the next change be made without the stream's name.
    /// </summary>
    [Fact]
    public async Task Shard_ThatGetsAnOwner_TellsEachValueByItsName_AndARefusalIsTold()
    {
        var seen = await LookAsync("owner", "events=4");
        Assert.Equal("127.0.0.1:11111", (string?)seen["shard"]!["owner"]);
        Assert.EndsWith(" %", (string?)seen["shard"]!["use"], StringComparison.Ordinal);
        Assert.Equal(["01-02 03:00", "04:00"], seen["times"]!.AsArray().Select(static t => (string?)t));
        Assert.Equal(("Merge shards #0 and #2", false), ((string?)seen["merge"], (bool)seen["isOpen"]!));
        Assert.StartsWith("The tier refuses this page: InvalidStream: ", (string?)seen["refused"], StringComparison.Ordinal);
    }

    /// <summary>The page asked for a credential, which it had, and read nothing any more: choosing a stream that may be seen did nothing.</summary>
    [Fact]
    public async Task Stream_ThatTheCallerMayNotSee_IsSaid_AndAnotherOneIsShown()
    {
        var seen = await LookAsync("denied", "events=4");
        Assert.Equal("The tier refuses this: ann may not look at 'secret'; choose another stream, or give another credential.", (string?)seen["told"]);
        Assert.Equal((4, false), ((int)seen["shards"]!, (bool)seen["form"]!));
    }

    [Fact]
    public async Task Failure_IsExplained()
    {
        var seen = await LookAsync("explain", "events=4");
        Assert.Equal(["failed", "failed"], seen["statuses"]!.AsArray().Select(static s => (string?)s));
        Assert.Equal(["ValidationException"], seen["groups"]!.AsArray().Select(static s => (string?)s));
        var text = (string?)seen["text"];
        Assert.Contains("ValidationException", text, StringComparison.Ordinal);
        Assert.Contains("shardId-", text, StringComparison.Ordinal);
        Assert.Contains("Attempts", text, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Memory_OverMinutes_StaysFlat(int minutes)
    {
        var seen = await LookAsync("memory", "events=1024", TimeSpan.FromMinutes(minutes));
        Assert.InRange((long)seen["bytes"]!, long.MinValue, 1 << 20);
        Assert.Equal(0, (int)seen["elements"]!);
    }

    private static Task<JsonNode> LookAsync(string what, string stream, TimeSpan time = default) => LocalDashboard.LookAsync(what, time, "--stream", stream);
}
