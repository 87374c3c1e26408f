using System.Text.Json;
using System.Text.RegularExpressions;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Heat;

/// <remarks>Tests <see cref="Cli.Heat.HeatText"/> and <see cref="Cli.Heat.HeatColours"/>.</remarks>
public sealed class HeatVerbTests
{
    private static readonly Regex Colours = new("\u001b\\[[0-9;]*m");
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Heat_WithoutColours_IsCharacters()
    {
        var run = await StartAsync(Picture(8)).RunAsync("heat");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            """
            events in the last hour: hash keys from top to bottom, time from left to right

            2      =======
                   =======
                   =======
                   =======
            3      =======
                   =======n
                   =======
                   =======
            1      =======
                   =======
                   =======
                   =======
                   =======
                   =======
                   =======
                   =======
            thrott.  !
            failed    x
                   01-05 12:00 01-05 12:07Z

            ' .:-=+*#%@': load, in nine steps to the most; n: its shard is nearly full, F: it is full; ?: not observed
            most: 8 KiB/s in a 128th of the hash keys; busiest minute: shard 3 80 % used, at 01-05 12:07Z
            01-05 12:05Z: shard 0 became shards 2, 3
            01-05 12:06Z: other owners of the shards
            hot key now: user-17, at least 7.5 KiB/s

            """.ReplaceLineEndings("\n"), run.Text);
    }

    [Theory]
    [InlineData("truecolor", "\u001b[38;2;240;168;49;48;2;43;87;134m▀")]
    [InlineData("", "\u001b[38;5;215;48;5;67m▀")]
    public async Task Heat_InATerminal_HasColours_AndFitsIn80Columns(string depth, string hot)
    {
        await using var tier = await StartAsync(Picture(168));
        var run = await CliRun.RunAsync(new MemoryStream(), ["heat", "--over", "week", "--tier", tier.Url], terminal: true,
            environment: new Dictionary<string, string> { ["COLORTERM"] = depth });
        Assert.Contains(hot, run.Text, StringComparison.Ordinal);
        Assert.All(run.Text.Split('\n').Take(20), static l => Assert.InRange(Colours.Replace(l, "").Length, 0, 80));
    }

    [Fact]
    public async Task Heat_AsJson_IsTheTiersAnswer()
    {
        var run = await StartAsync(Picture(8)).RunAsync("heat", "--json");
        Assert.Equal((128, 8), (run.LastJson.GetProperty("rows").GetInt32(), run.LastJson.GetProperty("columns").GetArrayLength()));
    }

    [Fact]
    public async Task Heat_BeforeAnyLoadWasSeen_SaysSo()
    {
        var run = await StartAsync(Picture(0)).RunAsync("heat", "--over", "day");
        Assert.Equal((0, "events: no load was seen in the last day. What other producers send is not seen, nor all that an embedded one sent before it was first asked; a minute shows when it has passed.\n"), (run.ExitCode, run.Text));
    }

    /// <summary>A few records a minute were once told as no load.</summary>
    [Fact]
    public async Task Heat_OfASmallLoad_IsNotToldAsNone()
    {
        var few = Picture(1);
        await using var tier = await StartAsync(few with
        {
            Columns = [few.Columns[0] with
            {
                KiBPerSecond = [.. Enumerable.Repeat(0.00002f, 128)], HotKeys = [few.Columns[0].HotKeys[0] with { KiBPerSecond = 0.002f }],
            }],
        });
        var run = await CliRun.RunAsync("heat", "--tier", tier.Url);
        Assert.Contains("most: under 0.1 KiB/s in a 128th", run.Text, StringComparison.Ordinal);
        Assert.Contains("hot key now: user-17, under 0.1 KiB/s", run.Text, StringComparison.Ordinal);
        Assert.Equal(16, run.Text.Split('\n').Count(static l => l.EndsWith('@') || l.EndsWith('n')));
    }

    /// <summary>The time before and the time after a night without a tier stood beside each other, as if there had been no night.</summary>
    [Theory]
    [InlineData(false, "@@???@")]
    [InlineData(true, "▀▀   ▀")]
    public async Task Heat_WhereATimeWasNotObserved_HasAGap(bool inColour, string line)
    {
        var even = Picture(8);
        await using var tier = await StartAsync(even with { Columns = [.. even.Columns.Take(2), even.Columns[0] with { From = Noon.AddMinutes(5) }] });
        var run = await CliRun.RunAsync(
            new MemoryStream(), ["heat", "--tier", tier.Url], new() { ["COLORTERM"] = "truecolor" }, terminal: inColour);
        Assert.Equal(16, run.Text.Split('\n').Count(l => Colours.Replace(l, "").EndsWith(line, StringComparison.Ordinal)));
        Assert.Equal(inColour, run.Text.Contains("\u001b[0m   \u001b[38;", StringComparison.Ordinal));
    }

    /// <summary>A shard that used a hundredth looked like one that was full: both had the most that the picture has.</summary>
    [Theory]
    [InlineData(0, '@', "busiest minute: shard 0 under 1 % used, at 01-05 12:00Z")]
    [InlineData(0.65, '@', "busiest minute: shard 0 65 % used, at 01-05 12:00Z")]
    [InlineData(1.02, 'F', "busiest minute: shard 0 102 % used, at 01-05 12:00Z")]
    public async Task Heat_WithoutColours_TellsHowMuchOfAShardWasUsed(double use, char drawn, string told)
    {
        var even = Picture(1);
        HeatColumn column = even.Columns[0] with { KiBPerSecond = [.. Enumerable.Repeat(1f, 128)], Utilisation = [.. Enumerable.Repeat((float)use, 128)] };
        var run = await StartAsync(even with { Columns = [column] }).RunAsync("heat");
        Assert.Contains(told, run.Text, StringComparison.Ordinal);
        Assert.Equal(16, run.Text.Split('\n').Count(l => l.EndsWith($" {drawn}", StringComparison.Ordinal)));
    }

    /// <summary>The first time had the most that any had, which was nothing, and no rows to look for it in: the command ended with a stack trace.</summary>
    [Fact]
    public async Task Heat_WhoseFirstTimeWasNotObserved_AndWhoseLoadIsTooSmallToTell_IsDrawn()
    {
        var even = Picture(2);
        HeatColumn[] columns =
        [
            even.Columns[0] with { Minutes = 0, KiBPerSecond = [], Utilisation = [] },
            even.Columns[1] with { Utilisation = new float[128] },
        ];
        var run = await StartAsync(even with { Columns = columns }).RunAsync("heat");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("under 1 % used, at 01-05 12:01Z", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heat_WhoseColumnsAreNotWhole_CannotBeRead()
    {
        await using var tier = await StartAsync(Picture(8) with { Rows = 64 });
        (await CliRun.RunAsync("heat", "--tier", tier.Url)).AssertError(1, "the tier's answer cannot be read");
    }

    [Fact]
    public async Task Heat_OverWhatThereIsNot_SaysWhatThereIs() =>
        (await CliRun.RunAsync("heat", "--over", "month")).AssertError(2, "--over: 'month' is none of hour, day, week");

    /// <summary>An even load; at the end one key has more than its shard's share, and its shard is nearly full.</summary>
    private static StreamHeat Picture(int columns) => new()
    {
        Stream = "events",
        Span = columns == 0 ? HeatSpan.Day : columns > 60 ? HeatSpan.Week : HeatSpan.Hour,
        Rows = 128,
        ColumnSeconds = 60,
        Columns = [.. Enumerable.Range(0, columns).Select(i => new HeatColumn
        {
            From = Noon.AddMinutes(i), Minutes = 1, Shards = i < 3 ? 0 : i < 5 ? 1 : i < 6 ? 2 : 3,
            KiBPerSecond = [.. Enumerable.Range(0, 128).Select(r => i != columns - 1 ? 1.1f : r == 40 ? 8 : 0)],
            RecordsPerSecond = new float[128],
            Utilisation = [.. Enumerable.Range(0, 128).Select(r => i == columns - 1 && r < 64 ? 0.8f : 0.1f)],
            Marks = i == 2 ? [new HeatMark { Row = 32, Throttled = 5 }] : i == 3 ? [new HeatMark { Row = 4, Failed = 1 }] : [],
            HotKeys = [new HeatKey { HashKey = 7, PartitionKey = "user-17", KiBPerSecond = 7.5f }],
        })],
        // The second shard has no load at first; then the first one is split, and the second one moves.
        Shards = [[Shard(0, 0, 2)], [Shard(0, 0, 2), Shard(1, 2, 4)], [Shard(2, 0, 1), Shard(3, 1, 2), Shard(1, 2, 4)],
            [Shard(2, 0, 1), Shard(3, 1, 2), Shard(1, 2, 4, "b")]],
    };

    private static HeatShard Shard(int id, uint from, uint to, string owner = "a") =>
        new() { ShardId = $"shardId-00000000000{id}", StartingHashKey = (UInt128)from << 126, EndingHashKey = ((UInt128)to << 126) - 1, OwnerSilo = owner };

    private static Task<FakeTier> StartAsync(StreamHeat picture) => FakeTier.StartAsync(200, JsonSerializer.Serialize(picture, AdminJson.Default.StreamHeat));
}
