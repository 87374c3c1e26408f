using System.CommandLine;
using Orleans.Kpl.Cli.Completion;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl completion</c>.</summary>
internal static class CompletionCommand
{
    public const string Name = "completion";

    private const string Summary = "Prints a script that completes kpl's verbs, options and values in a shell.";

    private static readonly VerbHelp Help = new()
    {
        Details = "The script asks kpl itself for what fits, so it stays right when kpl is updated. It needs kpl on the PATH.",
        Examples =
        [
            new("completion bash >> ~/.bashrc", "In bash, from the next shell on."),
            new("completion zsh > \"${fpath[1]}/_kpl\"", "In zsh, where compinit runs."),
            new("completion fish > ~/.config/fish/completions/kpl.fish", "In fish."),
            new("completion powershell >> $PROFILE", "In PowerShell."),
        ],
        ExitCodes = [(ExitCode.Success, "Printed."), (ExitCode.BadArguments, "There is no script for that shell.")],
    };

    public static Command Create(CliHost host, bool isAsked)
    {
        var shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", CompletionScripts.Shells)}." };
        shell.CompletionSources.Add([.. CompletionScripts.Shells]);
        shell.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !CompletionScripts.Shells.Contains(token.Value))
                result.AddError($"there is no script for '{token.Value}': there are {string.Join(", ", CompletionScripts.Shells)}");
        });
        var command = new Verb(Name, Summary, Help, isAsked) { shell };
        command.SetAction(parsed =>
        {
            host.Write(CompletionScripts.Of(parsed.GetRequiredValue(shell)));
            return ExitCode.Success;
        });
        return command;
    }
}
