using System.CommandLine;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Completion;

/// <summary>Defines the arguments of <c>kpl completion</c>.</summary>
internal static class CompletionCommand
{
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

    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", CompletionScripts.Shells)}." };
        shell.CompletionSources.Add([.. CompletionScripts.Shells]);
        shell.Validators.Add(SharedOptions.Refuse(static text => CompletionScripts.Shells.Contains(text) ? null
            : $"there is no script for '{text}': there are {string.Join(", ", CompletionScripts.Shells)}"));
        var command = new Verb("completion", "Prints a script that completes kpl's verbs, options and values in a shell.", Help) { shell };
        command.SetAction(parsed =>
        {
            host.Write(CompletionScripts.Of(parsed.GetRequiredValue(shell)));
            return ExitCode.Success;
        });
        return command;
    }
}

/// <summary>
/// The scripts that complete <c>kpl</c> in shells. Each gives the line up to the cursor to <c>kpl [suggest]</c>, which prints what fits there, one
/// a line (System.CommandLine's suggest directive). Files are offered where nothing of kpl's own fits.
/// </summary>
internal static class CompletionScripts
{
    private const string Bash = """
        # Completes kpl in bash.
        _kpl() {
            local word="${COMP_WORDS[COMP_CWORD]}" line
            [[ $word == = ]] && word=
            COMPREPLY=()
            while IFS= read -r line; do
                [[ $line == "$word"* ]] && COMPREPLY+=("$line")
            done < <(kpl '[suggest]' "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
        }
        complete -o default -F _kpl kpl

        """;

    private const string Zsh = """
        #compdef kpl
        # Completes kpl in zsh.
        _kpl() {
            local -a fitting
            fitting=("${(@f)$(kpl '[suggest]' "${LBUFFER}" 2>/dev/null)}")
            fitting=(${(M)fitting:#${(b)PREFIX}?*})
            if (( ${#fitting} )); then
                compadd -- "${fitting[@]}"
            else
                _files
            fi
        }
        if [ "$funcstack[1]" = "_kpl" ]; then
            _kpl "$@"
        else
            compdef _kpl kpl
        fi

        """;

    private const string Fish = """
        # Completes kpl in fish.
        function __kpl_fitting
            set -l word (commandline -ct)
            set -l fitting (kpl '[suggest]' (commandline -cp) 2>/dev/null | string match -r -- '^'(string escape --style=regex -- "$word")'.+')
            if set -q fitting[1]
                printf '%s\n' $fitting
            else
                __fish_complete_path "$word"
            end
        end
        complete -c kpl -f -a '(__kpl_fitting)'

        """;

    private const string PowerShell = """
        # Completes kpl in PowerShell.
        Register-ArgumentCompleter -Native -CommandName kpl -ScriptBlock {
            param($word, $commandLine, $cursor)
            $line = $commandLine.ToString().PadRight($cursor).Substring(0, $cursor)
            kpl '[suggest]' $line 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish, ["powershell"] = PowerShell,
    };

    /// <summary>The shells that have a script.</summary>
    public static IReadOnlyCollection<string> Shells => Scripts.Keys;

    public static string Of(string shell) => Scripts[shell].ReplaceLineEndings("\n");
}
