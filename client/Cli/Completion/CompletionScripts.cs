namespace Orleans.Kpl.Cli.Completion;

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
