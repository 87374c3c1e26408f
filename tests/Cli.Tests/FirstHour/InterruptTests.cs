using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>Ctrl-C at a terminal, at each point of a run.</summary>
public sealed partial class InterruptTests(FirstHourTier tier) : IClassFixture<FirstHourTier>
{
    /// <summary>A progress line with records that are delivered.</summary>
    private static readonly Regex Delivered = new(@"delivered [1-9]");
    private static readonly Regex Told = new(@"interrupted after ([\d,]+) lines; ([\d,]+) delivered");
    private static readonly Regex Figures = new(@"(?<=after |lines; |kpl: |records: |records; |\n)[\d,]+(?= lines| delivered| records|\n| of 3,000,000)");

    [Fact]
    public async Task BeforeAnythingWasPut_SaysSo()
    {
        using var user = Begin();
        using var silent = new SilentEndpoint();
        user.Know(silent.Url.OriginalString, "{silent}");
        await user.RunAsync($"kpl put access.log --endpoint {silent.Url.OriginalString}", async terminal =>
        {
            await Waiting.UntilAsync(() => silent.WasCalled);
            terminal.Interrupt();
        });
        user.Check("interrupt-before");
    }

    [Fact]
    public async Task AtTheKeyboard_DeliversWhatWasTyped()
    {
        using var user = Begin();
        var before = await tier.DeliveredAsync("events");
        await user.RunAsync("kpl put", async terminal =>
        {
            await terminal.SeenAsync("Ctrl-D ends");
            terminal.Type("one\ntwo\n");
            // Ctrl-C throws away what was typed and not read yet.
            await Waiting.UntilAsync(async () => await tier.DeliveredAsync("events") == before + 2);
            terminal.Interrupt();
        });
        user.Check("interrupt-keyboard");
    }

    /// <summary>The file stays where the shell would have removed it.</summary>
    [Fact]
    public async Task InTheMiddleOfAFile_CountsWhatIsDelivered_AndKeepsTheFile()
    {
        using var user = Begin();
        var file = user.Folder.Write("big.txt", string.Concat(Enumerable.Range(0, 5_000_000).Select(static i => $"{i:0000000}\n")));

        var seen = await user.RunAsync("kpl put big.txt --stream clicks && rm big.txt", static async terminal =>
        {
            await terminal.SeenAsync(static shown => Delivered.IsMatch(shown));
            terminal.Interrupt();
        });

        Assert.True(File.Exists(file));
        var told = Told.Match(seen);
        var (lines, delivered) = (Number(told.Groups[1].Value), Number(told.Groups[2].Value));
        Assert.Equal(lines, delivered);
        Assert.InRange(delivered, 1, 4_999_999);
        var read = await user.RunAsync("kpl tail --stream clicks | sort -u | wc -l");
        Assert.Contains($"\n{delivered}\n", "\n" + read, StringComparison.Ordinal);
        user.Check("interrupt-file", text => Figures.Replace(text, "{n}"));
    }

    [Fact]
    public async Task WhileAnswersAreAwaited_AndOnceMore_SaysWhatIsUndelivered()
    {
        using var user = Begin();
        await using var slow = await FakeTier.StartAsync(new TaskCompletionSource().Task);
        user.Know(slow.Url, "{slow}").Folder.Write("few.txt", "a\nb\nc\n");
        await user.RunAsync($"kpl put few.txt --tier {slow.Url}", async terminal =>
        {
            await slow.FirstRequest;
            terminal.Interrupt();
            await terminal.SeenAsync("a second interrupt ends at once");
            terminal.Interrupt();
        });
        user.Check("interrupt-twice");
    }

    [Fact]
    public async Task OfABench_TellsHowFarItCame()
    {
        using var user = Begin();
        await user.RunAsync("kpl bench --records 3000000 --size 100 --stream events", static async terminal =>
        {
            await terminal.SeenAsync(static shown => Delivered.IsMatch(shown));
            terminal.Interrupt();
        });
        user.Check("interrupt-bench", static text => Figures.Replace(Bench().Replace(text, "{bench}"), "{n}"));
    }

    [Fact]
    public async Task OfFollowing_IsItsUsualEnd()
    {
        using var user = Begin();
        await user.RunAsync("kpl tail --follow --from latest --stream events", static async terminal =>
        {
            await terminal.SeenAsync("waiting for new records");
            terminal.Interrupt();
        });
        user.Check("interrupt-follow");
    }

    private Transcript Begin()
    {
        Assert.SkipWhen(PseudoTerminal.Obstacle is not null, PseudoTerminal.Obstacle ?? "");
        var user = new Transcript(("KPL_TIER", tier.Http)).Know(tier.Http, "{tier}").Know(tier.Kinesis, "{kinesis}");
        user.Folder.Write("access.log", "GET /\n");
        return user;
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\{""via"".*\}$|^kpl: [\d,]+ records, 0 failed.*$|^kpl: limited by.*$|^kpl: not limited by.*$|^kpl: too short.*$", RegexOptions.Multiline)]
    private static partial Regex Bench();
}
