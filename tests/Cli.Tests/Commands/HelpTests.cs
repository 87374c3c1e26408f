using System.CommandLine;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Commands;

/// <remarks>Tests <see cref="VerbHelp"/>.</remarks>
public sealed class HelpTests
{
    internal static readonly CliHost Host = CliRun.Console();

    public static TheoryData<string> Verbs => [.. All(KplCommand.Create(Host)).Select(static verb => verb.Path)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_OfAVerb_IsThatOfAManualPage(string verb)
    {
        var run = await CliRun.RunAsync([.. verb.Split(' '), "--help"]);
        var asVerb = await CliRun.RunAsync(["help", .. verb.Split(' ')]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(run.Text, asVerb.Text);
        string[] parts = ["Description:", "Usage:", "Options:", "Examples:", "Environment:", "NO_COLOR", "Exit codes:", "130, 143", $"\n  kpl {verb}"];
        foreach (var part in parts)
            Assert.Contains(part, run.Text, StringComparison.Ordinal);
    }

    /// <summary>Lines of 120 columns were broken by the terminal in the middle of words.</summary>
    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Help_AtEightyColumns_WasBrokenByTheTerminal(string verb)
    {
        var run = await CliRun.RunAsync([.. verb.Split(' '), "--help"]);
        Assert.DoesNotContain(
            run.Text.ReplaceLineEndings("\n").Split('\n'), static line => line.Length > 80 && !line.StartsWith("  kpl ", StringComparison.Ordinal));
        var list = await CliRun.RunAsync();
        Assert.DoesNotContain(list.Error.ReplaceLineEndings("\n").Split('\n'), static line => line.Length > 80);
    }

    /// <summary>An example that the command itself refuses would teach nothing.</summary>
    [Fact]
    public void Examples_AreTaken()
    {
        foreach (var (path, verb) in All(KplCommand.Create(Host)))
        {
            Assert.All(verb.Help.Examples, example =>
            {
                Assert.StartsWith(path, example.Line, StringComparison.Ordinal);
                var words = example.Line.Split('>')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var parsed = KplCommand.Create(Host).Parse(words);
                Assert.Empty(parsed.Errors);
                Assert.Empty(((Verb)parsed.CommandResult.Command).Check(parsed.CommandResult));
            });
        }
    }

    /// <summary>As in <c>kpl put --help | head -1</c>.</summary>
    [Fact]
    public async Task Help_WhoseReaderWentAway_EndsWell()
    {
        var run = await CliRun.RunAsync(Stream.Null, ["put", "--help"], output: new ClosedPipe(0));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Policy_ShowsOneSpelling_AndTakesTheOther()
    {
        var help = await CliRun.RunAsync("policy", "--help");
        Assert.Contains("dry-run", help.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("dry_run", help.Text, StringComparison.Ordinal);

        Assert.Empty(KplCommand.Create(Host).Parse(["policy", "dry_run"]).Errors);
        Assert.Empty(KplCommand.Create(Host).Parse(["policy", "dry-run"]).Errors);
    }

    internal static IEnumerable<(string Path, Verb Verb)> All(Command command, string before = "") =>
        command.Subcommands.OfType<Verb>().SelectMany(verb => All(verb, before + verb.Name + " ").Prepend((before + verb.Name, verb)));
}
