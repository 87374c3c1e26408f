using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Says what was probably meant by a verb or an option that does not exist.</summary>
internal static class Mistyped
{
    /// <summary>A word of which so many letters are the beginning of only one name is short for it.</summary>
    private const int LeastLetters = 3;

    /// <summary>Returns the parser's errors, and the unknown words with their nearest names.</summary>
    public static IEnumerable<string> Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unknown = parsed.UnmatchedTokens;
        if (command.Subcommands.Count > 0 && unknown.FirstOrDefault() is { } verb && !verb.StartsWith('-'))
        {
            // The words after an unknown verb are its arguments, which cannot be judged.
            return [DescribeVerb(command, verb)];
        }

        // The parser takes an unknown option for an argument, where there is one.
        var asArguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static a => a.Tokens).Select(static t => t.Value);
        var options = asArguments.Concat(unknown).Where(IsOption).Distinct().ToList();
        var told = parsed.Errors.Where(error => !unknown.Any(word => IsAbout(error.Message, word))).Select(ParserWords.Of).Distinct();
        // The value of an unknown option is no argument of its own.
        var flags = unknown.Where(IsFlag).ToList();
        var surplus = options.Count > 0 ? [] : flags.Count > 0 ? flags.Select(static word => $"there is no option '{word}'")
            : unknown.Select(word => DescribeSurplus(command, word));
        return told.Concat(options.Select(word => DescribeOption(command, word))).Concat(surplus);
    }

    /// <summary>Whether an unknown option stands among the arguments, where the parser sees no error.</summary>
    public static bool HasOptionAmongArguments(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static a => a.Tokens).Any(static t => IsOption(t.Value));

    /// <summary>Finds the name that was probably meant; null if none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> names)
    {
        var list = names.ToList();
        if (word.Length >= LeastLetters && list.Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase)).ToList() is [var only])
            return only;
        var near = list.Select(name => (Name: name, Distance: NearestSetting.EditDistance(word, name))).OrderBy(static pair => pair.Distance).FirstOrDefault();
        return near.Name is not null && near.Distance <= Math.Max(1, Math.Min(word.Length, near.Name.Length) / 3) ? near.Name : null;
    }

    private static string DescribeVerb(Command command, string word)
    {
        var names = command.Subcommands.Where(static c => !c.Hidden).Select(static c => c.Name).ToList();
        var what = command is RootCommand ? "verb" : $"{command.Name} verb";
        return Nearest(word, names) is { } near
            ? $"there is no {what} '{word}': did you mean '{near}'?"
            : $"there is no {what} '{word}': there are {string.Join(", ", names)}";
    }

    private static string DescribeOption(Command command, string word)
    {
        var name = word.Split('=', ':')[0];
        var names = command.Options.Where(static o => !o.Hidden).SelectMany(static o => o.Aliases.Prepend(o.Name)).Where(IsOption);
        return Nearest(name, names) is { } near ? $"there is no option '{name}': did you mean '{near}'?" : $"there is no option '{name}'";
    }

    private static string DescribeSurplus(Command command, string word) =>
        $"'{word}' is one argument too many{(OptionFor(command, word) is { } option ? $": did you mean '{option} {word}'?" : "")}";

    /// <summary>The option whose value a verb without arguments was given as one; null where there is none.</summary>
    private static string? OptionFor(Command command, string word) => command.Arguments.Count > 0 ? null
        : command.Options.Any(static o => o.Name == "--stream") && StreamName.IsFit(word) ? "--stream"
        : command.Options.Any(static o => o.Name == "--file") ? "--file"
        : null;

    private static bool IsOption(string word) => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal) && char.IsAsciiLetter(word[2]);

    /// <summary>Whether the word is an option of one letter, such as <c>-n</c>.</summary>
    private static bool IsFlag(string word) => word is ['-', var letter, ..] && char.IsAsciiLetter(letter);

    private static bool IsAbout(string message, string word) =>
        message.StartsWith("Unrecognized", StringComparison.Ordinal) && message.Contains($"'{word}'", StringComparison.Ordinal);
}
