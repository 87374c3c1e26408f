using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>A verb that checks each argument alone and then all together, so that all errors are reported at once.</summary>
/// <param name="summary">A description in one line.</param>
/// <param name="help">The further text of the verb's own help, which reads like a manual page.</param>
/// <param name="isAsked">Whether this is the verb on the command line: the list of all verbs shows summaries only.</param>
internal sealed class Verb(string name, string summary, VerbHelp help, bool isAsked)
    : Command(name, isAsked && help.Details.Length > 0 ? $"{summary}{Environment.NewLine}{Environment.NewLine}{help.Details}" : summary)
{
    /// <summary>The description in one line.</summary>
    public string Summary => summary;

    /// <summary>What the help says besides the arguments.</summary>
    public VerbHelp Help => help;

    /// <summary>Returns the errors of the arguments taken together.</summary>
    public Func<CommandResult, IEnumerable<string>> Check { get; set; } = static _ => [];
}
