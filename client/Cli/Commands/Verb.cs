using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>A verb that checks each argument alone and then all together, so that all errors are reported at once.</summary>
/// <param name="name">The verb's name.</param>
/// <param name="summary">A description in one line.</param>
/// <param name="details">The further text of the verb's own help.</param>
/// <param name="isAsked">Whether this is the verb on the command line: the list of all verbs shows summaries only.</param>
internal sealed class Verb(string name, string summary, string details, bool isAsked)
    : Command(name, isAsked ? $"{summary}{Environment.NewLine}{Environment.NewLine}{details}" : summary)
{
    /// <summary>Returns the errors of the arguments taken together.</summary>
    public Func<CommandResult, IEnumerable<string>> Check { get; set; } = static _ => [];
}
