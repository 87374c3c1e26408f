using System.Diagnostics;
using Orleans.Kpl.Cli.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cli.Tests.Completion;

/// <remarks>Tests <see cref="Cli.Commands.CompletionCommand"/>.</remarks>
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

    /// <summary>Words as bash itself would offer them: the script is read by bash, and the program is the real one.</summary>
    [Theory]
    [InlineData("kpl ta", "tail")]
    [InlineData("kpl put --ke", "--key", "--key-field")]
    [InlineData("kpl put --format ", "lines", "ndjson")]
    [InlineData("kpl policy d", "dry-run")]
    [InlineData("kpl backlog re", "requeue")]
    [InlineData("kpl tail --from la", "latest")]
    [InlineData("kpl put some-fi")]
    public async Task Bash_CompletesVerbsOptionsAndValues(string line, params string[] offered)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "there is no /bin/bash");
        using var folder = new Folder();
        File.CreateSymbolicLink(Path.Combine(folder.Path, "kpl"), Checkout.Built("Orleans.Kpl.Cli", "kpl"));
        const string Ask = """
            source <(kpl completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _kpl
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var start = new ProcessStartInfo("/bin/bash", ["--norc", "-c", Ask, "bash", line]) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}";

        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(offered, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static word => word is not ("--help" or "-h" or "-?")).Order());
    }
}
