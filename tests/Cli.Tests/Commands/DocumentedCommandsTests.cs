using System.CommandLine;
using System.Text.RegularExpressions;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tests.Commands;

/// <summary>Whoever copies a command line from a document has one that the command takes.</summary>
public sealed class DocumentedCommandsTests
{
    private static readonly Regex Quoted = new(@"`kpl ([a-z][^`]*)`");
    private static readonly Regex Written = new(@"^    (?:kpl|dotnet run -c Release --project client/Cli --) ([a-z].*)$", RegexOptions.Multiline);
    private static readonly Regex ElsewhereFrom = new(@"\s(?:[|>#\\]|&&).*$");

    private static IEnumerable<string> Pages =>
        Directory.GetFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(Checkout.Root, "README.md"));

    [Fact]
    public void Commands_OfTheDocuments_AreTaken()
    {
        var commands = Pages.SelectMany(page => CommandsOf(page).Select(words => (Page: Path.GetFileName(page), Words: words))).ToList();
        Assert.InRange(commands.Count, 100, 1_000);
        Assert.All(commands, command => Assert.Equal((command.Page, ""), (command.Page, ErrorOf(command.Words))));
    }

    /// <summary>The steps of an alert looked at the stream events, and changed its policy, whichever stream the alert was about.</summary>
    [Fact]
    public void Alerts_WhereTheyFirstNameAVerbOfAStream_NameTheStream() =>
        Assert.All(Directory.GetFiles(Path.Combine(Checkout.Root, "docs", "runbook", "alerts")), static page =>
            Assert.All(
                CommandsOf(page).DistinctBy(static words => words[0]).Where(static words => VerbOf(words).Options.Any(static o => o.Name == "--stream")),
                words => Assert.Equal((page, "--stream NAME"), (page, string.Join(' ', words.SkipWhile(static w => w != "--stream").Take(2))))));

    private static IEnumerable<string[]> CommandsOf(string page)
    {
        var text = File.ReadAllText(page);
        return Quoted.Matches(Regex.Replace(text, @"\s+", " ")).Concat(Written.Matches(text))
            .Select(static m => ElsewhereFrom.Replace(m.Groups[1].Value, "").Replace("'", "", StringComparison.Ordinal))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(static words => words[0] is not "help");
    }

    /// <summary>What is wrong with a command line. Words in capitals stand for what a reader has; an option at the end may be named alone.</summary>
    private static string ErrorOf(string[] words)
    {
        var verb = VerbOf(words);
        var isNameAlone = words.All(w => !w.StartsWith('-')) && words.Length == PathOf(verb).Count();
        if (isNameAlone || (words[^1].StartsWith("--", StringComparison.Ordinal) && verb.Options.Any(o => o.Name == words[^1])))
            return "";
        var filled = words.Select(static w => w switch { "N" => "7", "ID" => "k7m2w9x4c3ab", _ => w });
        return string.Join("; ", KplCommand.Create(HelpTests.Host).Parse([.. filled]).Errors.Select(static e => e.Message));
    }

    private static Command VerbOf(string[] words) => KplCommand.Create(HelpTests.Host).Parse(words).CommandResult.Command;

    private static IEnumerable<Command> PathOf(Command verb) => verb is RootCommand ? [] : [.. PathOf(verb.Parents.OfType<Command>().First()), verb];
}
