using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>A verb whose arguments are checked together, after each was checked alone, so that all errors are told at once.</summary>
/// <param name="name">The verb.</param>
/// <param name="summary">What it does, in one line.</param>
/// <param name="details">What else its own help says.</param>
/// <param name="isAsked">Whether this is the verb on the command line: the list of all verbs shows summaries only.</param>
internal sealed class Verb(string name, string summary, string details, bool isAsked)
    : Command(name, isAsked ? $"{summary}{Environment.NewLine}{Environment.NewLine}{details}" : summary)
{
    /// <summary>What is wrong with the arguments together.</summary>
    public Func<CommandResult, IEnumerable<string>> Check { get; set; } = static _ => [];
}
