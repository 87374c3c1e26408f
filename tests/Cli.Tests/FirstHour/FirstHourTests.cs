using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>What a new user does in the first hour, at a terminal, against a real local tier; what the user sees is in <c>Golden</c>.</summary>
public sealed class FirstHourTests(FirstHourTier tier) : IClassFixture<FirstHourTier>
{
    private static readonly Regex Where = new("the middle of its range|the median of its load");
    private static readonly Regex CommandLine = new(@"^ +dotnet run -c Release --project client/Cli -- (.+)$", RegexOptions.Multiline);
    private static readonly Regex Bench = new(@"^\{""via"".*\}$|^kpl: 2,000 records, 0 failed.*$", RegexOptions.Multiline);
    private static readonly Regex Lines = new(@"(?:GET /\d+\n)+");
    private static readonly Regex Shares = new(@" +\d+(\.\d+)? ?%");
    private static readonly Regex Keys = new(@" *\b\d{30,}\b");
    /// <summary>The rates in the table of shards.</summary>
    private static readonly Regex Loads = new(@"(?<=  open) +\d+% +\d+ +\d+(?= )");
    private static readonly Regex Moved = new(@"(\d+%|all) of the load moves to new shards(, [\d.]+ times on average)?");
    /// <summary>What the system and the SDK say.</summary>
    private static readonly Regex Reason = new(@"(?<=is not reachable: |amazonaws\.com/: )[^;\n]+");
    private static readonly Regex Written = new(@"kpl: ([\d,]+) records(?= from 8 shards.*the output was closed)");
    private const string Nobody = "127.0.0.1:1";

    /// <summary>The command lines of README as they stand there: only addresses and the records of a bench differ.</summary>
    [Fact]
    public async Task Readme_CommandsWork()
    {
        using var user = Begin();
        user.Folder.Write("access.log", string.Concat(Enumerable.Range(1, 50).Select(static i => $"GET /{i}\n")));
        var lines = CommandLine.Matches(await File.ReadAllTextAsync(Checkout.Root + "README.md")).Select(static m => m.Groups[1].Value).Distinct().ToList();
        Assert.InRange(lines.Count, 5, 30);

        foreach (var line in lines.OrderBy(Turn))
        {
            var own = line == "bench" ? "bench --records 2000" : line;
            var seen = await user.RunAsync("kpl " + own.Replace("http://127.0.0.1:4567", tier.Kinesis, StringComparison.Ordinal));
            Assert.Contains("[exit 0]", seen, StringComparison.Ordinal);
        }

        user.Check("readme", Figures);

        // What is put comes before what reads, and what looks before what changes.
        static int Turn(string line) => line.Split(' ')[0] switch { "put" => 0, "tail" => 1, "bench" => 2, "shards" => 3, "plan" => 4, "policy" => 6, _ => 5 };
    }

    [Fact]
    public async Task Typos_AreAnsweredWithWhatWasMeant()
    {
        using var user = Begin();
        await user.RunAsync("kpl");
        await user.RunAsync("kpl tial");
        await user.RunAsync("NO_COLOR= kpl tial");
        await user.RunAsync("kpl foo");
        await user.RunAsync("kpl put --strem events access.log");
        await user.RunAsync("kpl put acess.log");
        await user.RunAsync("kpl status --stream evnets");
        await user.RunAsync("kpl policy onn");
        await user.RunAsync("kpl version");
        user.Check("typos");
    }

    [Fact]
    public async Task WhatIsNotThere_IsNamed()
    {
        using var user = new Transcript(("KPL_TIER", $"http://{Nobody}"), ("AWS_EC2_METADATA_DISABLED", "true"));
        await user.RunAsync("echo hello | kpl put");
        await user.RunAsync($"echo hello | kpl put --endpoint http://{Nobody}");
        await user.RunAsync("kpl tail");
        await user.RunAsync($"kpl tail --endpoint http://{Nobody}");
        await user.RunAsync("kpl status");
        await user.RunAsync("AWS_REGION=eu-west-1 kpl tail");
        user.Check("not-there", static text => Reason.Replace(text, "{reason}"));
    }

    [Fact]
    public async Task Pipes_ThatAreClosedEarly_EndQuietly()
    {
        using var user = Begin();
        user.Folder.Write("many.txt", string.Concat(Enumerable.Range(0, 30_000).Select(static i => $"{i}\n")));
        await user.RunAsync("kpl put many.txt --stream clicks");
        await user.RunAsync("kpl tail --stream clicks | wc -l");
        var seen = await user.RunAsync("kpl tail --stream clicks 2>told.txt | head -n 2 | wc -l && cat told.txt");
        await user.RunAsync("kpl put --help | head -n 1");
        await user.RunAsync("kpl shards --stream clicks | true");

        var written = int.Parse(Written.Match(seen).Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        Assert.InRange(written, 2, 30_000);
        user.Check("pipes", text => text.Replace(Written.Match(seen).Value, "kpl: {n} records", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keyboard_IsReadToItsEnd_AndNothingIsDrawnOverIt()
    {
        using var user = Begin();
        await user.RunAsync("kpl put --stream typed", static async terminal =>
        {
            await terminal.SeenAsync("Ctrl-D ends");
            terminal.Type("typed by hand\n");
            await terminal.SeenAsync("typed by hand");
            terminal.Type("\u0004");
        });
        user.Check("keyboard");
    }

    /// <summary>Replaces what the load of the moment makes of a table, and the order of records with random keys.</summary>
    private static string Figures(string text)
    {
        text = Bench.Replace(text, "{bench}");
        text = Lines.Replace(text, static lines => $"{{{lines.Value.Count(static c => c == '\n')} lines}}\n");
        text = Loads.Replace(text, " {load} ");
        text = Moved.Replace(text, "{moved}");
        text = Shares.Replace(text, " {share}");
        // A few lines without a key may all be in one aggregate, and so on one shard: the others have no load.
        text = Where.Replace(text, "{where}");
        return Keys.Replace(text, " {key}");
    }

    private Transcript Begin()
    {
        Assert.SkipWhen(PseudoTerminal.Obstacle is not null, PseudoTerminal.Obstacle ?? "");
        return new Transcript(("KPL_TIER", tier.Http)).Know(tier.Http, "{tier}").Know(tier.Kinesis, "{kinesis}");
    }
}
