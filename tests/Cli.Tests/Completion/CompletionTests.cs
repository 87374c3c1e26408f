using Orleans.Kpl.Cli.Tests.FirstHour;

namespace Orleans.Kpl.Cli.Tests.Completion;

/// <remarks>Tests <see cref="Cli.Completion.CompletionCommand"/>.</remarks>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("bash", "complete -o default -F _kpl kpl")]
    [InlineData("zsh", "#compdef kpl")]
    [InlineData("fish", "complete -c kpl -f -a")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName kpl")]
    public async Task Script_OfEachShell_AsksKplItself(string shell, string part)
    {
        var run = await CliRun.RunAsync("completion", shell);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(part, run.Text, StringComparison.Ordinal);
        Assert.Contains("kpl '[suggest]'", run.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', run.Text);
    }
}

/// <summary>Words as shells offer them, with the scripts where docs/command.md puts them; the program is the real one.</summary>
public sealed class ShellCompletionTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public ShellCompletionTests() => _home.Write("some-file.txt", "");

    /// <summary>Words as bash itself would offer them; it offers files where there are none.</summary>
    [Theory]
    [InlineData("kpl ta", "tail")]
    [InlineData("kpl put --ke", "--key", "--key-field")]
    [InlineData("kpl put --format ", "lines", "ndjson")]
    [InlineData("kpl policy d", "dry-run")]
    [InlineData("kpl mode pro", "provisioned")]
    [InlineData("kpl backlog re", "requeue")]
    [InlineData("kpl tail --from la", "latest")]
    [InlineData("kpl bench --via=", "cluster", "embedded", "http")]
    [InlineData("kpl bench --via=em", "embedded")]
    [InlineData("kpl put /")] // The names that help has on Windows stood before the files.
    [InlineData("kpl put some-fi")]
    public async Task Bash_CompletesVerbsOptionsAndValues(string line, params string[] offered)
    {
        const string Ask = """
            source <(kpl completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "${1//=/ = }" # As COMP_WORDBREAKS has it.
            [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _kpl
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        Assert.Equal(offered, await OfferedAsync(Find("bash"), "--norc", "-c", Ask, "bash", line));
    }

    /// <summary>The line as zsh leaves it when the Tab key was typed behind it.</summary>
    [Theory]
    [InlineData("kpl ta", "kpl tail ")]
    [InlineData("kpl put --ke", "kpl put --key")]
    [InlineData("kpl put --format nd", "kpl put --format ndjson ")]
    [InlineData("kpl policy d", "kpl policy dry-run ")]
    [InlineData("kpl backlog re", "kpl backlog requeue ")]
    [InlineData("kpl tail --from la", "kpl tail --from latest ")]
    [InlineData("kpl put some-fi", "kpl put some-file.txt ")]
    public async Task Zsh_CompletesVerbsOptionsValuesAndFiles(string line, string completed)
    {
        Assert.SkipWhen(PseudoTerminal.Obstacle is not null, PseudoTerminal.Obstacle ?? "");
        _ = Find("zsh");
        await using var user = new TerminalSession(_home.Path).Start("zsh -f -i");
        user.Type("""
            mkdir functions; fpath=($PWD/functions $fpath); kpl completion zsh > "${fpath[1]}/_kpl"; autoload -Uz compinit; compinit -u -D; told() { zle -I; print -r -- "told <$BUFFER>"; BUFFER=exit; zle accept-line }; zle -N told; bindkey '^T' told; print is re""ady

            """);
        await user.SeenAsync("is ready");
        user.Type($"{line}\t\u0014");

        Assert.Contains($"told <{completed}>", await user.EndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kpl ta", "tail")]
    [InlineData("kpl put --ke", "--key", "--key-field")]
    [InlineData("kpl put --format ", "lines", "ndjson")]
    [InlineData("kpl policy d", "dry-run")]
    [InlineData("kpl backlog re", "requeue")]
    [InlineData("kpl tail --from la", "latest")]
    [InlineData("kpl put some-fi", "some-file.txt")]
    public async Task Fish_CompletesVerbsOptionsValuesAndFiles(string line, params string[] offered)
    {
        const string Ask = """
            mkdir -p ~/.config/fish/completions
            kpl completion fish > ~/.config/fish/completions/kpl.fish
            cd
            complete -C $argv[1]
            """;
        Assert.Equal(offered, await OfferedAsync(Find("fish"), "-c", Ask, line));
    }

    [Theory]
    [InlineData("kpl ta", "tail")]
    [InlineData("kpl put --ke", "--key", "--key-field")]
    [InlineData("kpl policy d", "dry-run")]
    [InlineData("kpl tail --from la", "latest")]
    public async Task PowerShell_CompletesVerbsOptionsAndValues(string line, params string[] offered)
    {
        var ask = $$"""
            kpl completion powershell | Out-String | Invoke-Expression
            $line = '{{line}}'
            (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | ForEach-Object { $_.CompletionText }
            """;
        Assert.Equal(offered, await OfferedAsync(Find("pwsh"), "-NoProfile", "-NonInteractive", "-Command", ask));
    }

    public void Dispose() => _home.Dispose();

    private static string Find(string shell)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, shell)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{shell} is not installed");
        return path!;
    }

    private async Task<IEnumerable<string>> OfferedAsync(string shell, params string[] arguments)
    {
        var programs = $"{Path.GetDirectoryName(Checkout.Built("Orleans.Kpl.Cli", "kpl"))}:{Environment.GetEnvironmentVariable("PATH")}";
        await using var asked = RunningProgram.StartFile(
            shell, arguments, ("PATH", programs), ("HOME", _home.Path), ("XDG_CONFIG_HOME", ""), ("TERM", "dumb"));
        var output = await asked.Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await asked.WaitAsync() == 0, await asked.Error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static word => word.Split('\t')[0].TrimEnd())
            .Where(static word => word is not ("--help" or "-h" or "-?")).Order(StringComparer.Ordinal);
    }
}
