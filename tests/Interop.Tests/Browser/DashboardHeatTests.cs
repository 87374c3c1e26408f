namespace Orleans.Kpl.Interop.Tests.Browser;

/// <summary>The picture of a stream's load in a real browser, of loads that are made on purpose. That of two silos is in Cluster.Tests.</summary>
public sealed class DashboardHeatTests
{
    [Fact]
    [Trait("Category", "Long")]
    public async Task Picture_IsMovedInByKeys_ZoomedByADrag_AndReadAsATable()
    {
        var seen = await LocalDashboard.LookAsync("heat", TimeSpan.FromMinutes(4), "--stream", "events=4");
        Assert.Contains("move with the arrow keys", (string)seen["cells"]![0]!, StringComparison.Ordinal);
        Assert.Matches(@"^\d\d:\d\d to \d\d:\d\d UTC, 13 % to 14 % of the keys, #0: 0\.\d+ KiB/s, \d\.\d Kinesis records/s, shard \d\.\d % used$", (string)seen["cells"]![1]!);
        Assert.Equal([15, 60, 16, 60], seen["views"]!.AsArray().Select(static v => (int)v!));
        Assert.Matches(@"^\d\d:\d\d\d+", (string)seen["row"]!);
        // Ten records a quarter of a second, of which the page that is opened anew has seen none.
        Assert.InRange((double)seen["delivered"]!, 10, 45);
        Assert.Empty(seen["violations"]!.AsArray().Select(static v => (string)v!));
        PagePictures.Check(seen["states"]![0]!);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Pictures_OfSixLoads_ShowEachAsWhatItIs()
    {
        string[] streams = ["even=4", "hotkey=4", "hotrange=4", "monotonic=4", "wave=4", "reshard=2"];
        var arguments = streams.SelectMany(static s => (string[])["--stream", s]).Append("--Kpl:LogKeys=true");
        var seen = await LocalDashboard.LookAsync("heats", TimeSpan.FromMinutes(12), [.. arguments]);
        var heats = HeatColumns.Read(seen);

        Assert.All(heats["even"], static c => Assert.InRange(c.Warmest, 0, 2.5 / 128));
        Assert.InRange(heats["hotkey"][0].Warmest, 0, 3.0 / 128);
        Assert.All(heats["hotkey"][^2..], static c => Assert.True(c.Warmest > 0.35 && c.HotKey == "user-17", $"{c}"));
        Assert.All(heats["hotrange"][^2..], static c => Assert.True(c.Within(70, 81) > 0.55, $"{c}"));
        Assert.Equal(heats["monotonic"].Select(static c => c.Row).Order(), heats["monotonic"].Select(static c => c.Row));
        Assert.True(heats["monotonic"][^1].Row - heats["monotonic"][0].Row > 50);
        Assert.True(heats["wave"].Max(static c => c.Sum) > 3 * heats["wave"].Min(static c => c.Sum));
        Assert.Equal([2, 3], heats["reshard"].Select(static c => c.Shards).Distinct());
        Assert.All(heats["reshard"], static c => Assert.InRange(c.Within(64, 128), 0.35, 0.65));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Picture_OfAnOutage_HasAGap_AndTheReplayAfterIt()
    {
        using var folder = new TemporaryFolder();
        var seen = await LocalDashboard.LookAsync("replay", TimeSpan.FromMinutes(12), "--stream", "outage=4", "--data", folder.Path);
        var outage = HeatColumns.Read(seen)["outage"];
        var gap = outage.FindIndex(c => c.Sum < outage[0].Sum * 0.05);
        Assert.True(gap > 0, string.Join(", ", outage));
        Assert.True(outage[gap..].Max(static c => c.Sum) > 1.5 * outage[0].Sum, string.Join(", ", outage));
    }
}
