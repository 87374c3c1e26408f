using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>A verb that checks each argument alone and then all together, so that all errors are reported at once.</summary>
internal sealed class Verb(string name, string summary, VerbHelp help) : Command(name, summary)
{
    /// <summary>The description in one line.</summary>
    public string Summary { get; } = summary;

    /// <summary>The text of the verb's own help besides the arguments, which reads like a manual page.</summary>
    public VerbHelp Help { get; } = help;

    /// <summary>Returns the errors of the arguments taken together.</summary>
    public Func<CommandResult, IEnumerable<string>> Check { get; set; } = static _ => [];

    /// <summary>Describes the verb as its own help does; a list of verbs has summaries only.</summary>
    public void DescribeWhole() => Description = Help.Details.Length > 0 ? $"{Summary}\n\n{Paragraphs(Help.Details)}" : Summary;

    /// <summary>Makes one line of each paragraph: what shows it knows how wide the terminal is.</summary>
    private static string Paragraphs(string text) =>
        string.Join("\n\n", text.ReplaceLineEndings("\n").Split("\n\n").Select(static paragraph => paragraph.Replace('\n', ' ')));
}

/// <summary>The parts of a verb's help that its arguments do not tell.</summary>
internal sealed record VerbHelp
{
    /// <summary>The text below the summary; empty for none.</summary>
    public string Details { get; init; } = "";

    /// <summary>Command lines to begin with; at least one.</summary>
    public required IReadOnlyList<Example> Examples { get; init; }

    /// <summary>The exit codes besides 130 and 143, with what each means.</summary>
    public required IReadOnlyList<(int Code, string Meaning)> ExitCodes { get; init; }

    /// <summary>The environment variables that the verb reads, with what each is for.</summary>
    public IReadOnlyList<(string Name, string Use)> Variables { get; init; } = [];

    /// <summary>Writes what follows the options.</summary>
    /// <param name="columns">The width to keep to; only a command line is longer.</param>
    public void Write(TextWriter text, Paint paint, int columns)
    {
        Write(text, "Examples:", Examples.Select(static example => ($"kpl {example.Line}", example.What)), paint, columns, isBelow: true);
        Write(text, "Environment:", [.. Variables, ("NO_COLOR", "Set to anything: no colours.")], paint, columns);
        Write(text, "Exit codes:", [
            .. ExitCodes.Select(static exit => ($"{exit.Code}", exit.Meaning)),
            ("130, 143", "Interrupted: by Ctrl-C (SIGINT), by SIGTERM."),
        ], paint, columns);
    }

    private static void Write(
        TextWriter text, string heading, IEnumerable<(string Left, string Right)> rows, Paint paint, int columns, bool isBelow = false)
    {
        const int below = 6;
        var list = rows.ToList();
        var width = Math.Min(list.Max(static row => row.Left.Length), columns / 2);
        text.WriteLine(paint.Bold(heading));
        foreach (var (left, right) in list)
        {
            var (isOwnLine, indent) = (isBelow || left.Length > width, isBelow ? below : width + 4);
            text.WriteLine(isOwnLine
                ? $"  {left}\n{new string(' ', indent)}{Lines.Wrap(right, columns, indent)}"
                : $"  {left.PadRight(width)}  {Lines.Wrap(right, columns, indent)}");
        }

        text.WriteLine();
    }
}

/// <summary>A command line that a verb's help shows.</summary>
/// <param name="Line">The line, without <c>kpl</c>.</param>
internal readonly record struct Example(string Line, string What);
