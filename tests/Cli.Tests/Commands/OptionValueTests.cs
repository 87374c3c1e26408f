using System.CommandLine;
using System.CommandLine.Help;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tests.Commands;

/// <summary>Whatever stands behind an option, or does not: the command says what is wrong, and never throws.</summary>
/// <remarks>Tests <see cref="KplCommand"/>.</remarks>
public sealed class OptionValueTests
{
    /// <summary>Makes every line wrong, so that no verb runs.</summary>
    private const string Wrong = "--no-such-option";

    private static readonly string[] Rubbish =
    [
        "", " ", "-", "--", "-1", "0", "NaN", "-0.5e9999", "99999999999999999999", "2026-01-31T08:30:00Z", "0001-01-01T00:00:00+14:00", "start", "5s", "=", ":",
        "http://", "http://[", "a/b", "\u001b[2J", "\ud800", "{", new('x', 70_000),
    ];

    /// <summary><c>kpl verify --from</c> ended with a stack trace: it read the value of an option that has none.</summary>
    [Theory]
    [MemberData(nameof(HelpTests.Verbs), MemberType = typeof(HelpTests))]
    public async Task EveryOption_WithoutAValueOrWithRubbish_EndsWithTwo(string verb)
    {
        var command = HelpTests.All(KplCommand.Create(HelpTests.Host)).Single(v => v.Path == verb).Verb;
        var options = command.Options.Where(static o => o is not (HelpOption or VersionOption)).Select(static o => o.Name).ToList();
        Assert.All(options, static name => Assert.StartsWith("--", name, StringComparison.Ordinal));
        List<string[]> lines = [[], [.. options], .. options.Select(static o => (string[])[o]), .. options.Select(static o => (string[])[o, "5", o])];
        foreach (var option in options)
            lines.AddRange([.. Rubbish.Select(value => (string[])[option, value]), .. Rubbish.Select(value => (string[])[$"{option}={value}"])]);
        foreach (var line in lines)
        {
            var run = await CliRun.RunAsync([.. verb.Split(' '), Wrong, .. line]);
            Assert.True((run.ExitCode, run.Text) is (2, ""), $"kpl {verb} {string.Join(' ', line)}: {run.ExitCode} {run.Text}");
            Assert.Contains($"there is no option '{Wrong}'", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("verify --from", "--from needs a value: start|TIME")]
    [InlineData("verify --to", "--to needs a value: TIME")]
    [InlineData("verify --from --to", "--from: '--to' is neither start nor a time such as 2026-01-31T08:30:00Z")]
    [InlineData("verify --to 2026-01-31 --from", "--from needs a value: start|TIME")]
    [InlineData("verify --to 2026-01-31 --to 2026-01-31", "--to is given more than once")]
    public async Task ATimeThatIsMissing_IsAskedFor(string line, string said)
    {
        var run = await CliRun.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.StartsWith($"kpl: {said}\n", run.Error.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
