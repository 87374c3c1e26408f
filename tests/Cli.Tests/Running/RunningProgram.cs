using System.Diagnostics;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>A program as a process of its own, of which a test has standard input and output as they are.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ProcessLines _error;

    private RunningProgram(Process process) => (_process, _error) = (process, new ProcessLines(process.StandardError));

    /// <summary>Where the command is.</summary>
    public static string Kpl => Checkout.Program("Orleans.Kpl.Cli", "kpl");

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>All of standard error, at the end.</summary>
    public Task<string> Error => ReadErrorAsync();

    public static RunningProgram StartKpl(params IEnumerable<string> arguments) => StartFile(Kpl, arguments);

    /// <summary>A command that the modes of files bind, also where root runs the tests.</summary>
    public static RunningProgram StartBoundKpl(params IEnumerable<string> arguments)
    {
        const string capabilities = "-dac_override,-dac_read_search";
        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? StartFile("setpriv", ["--inh-caps", capabilities, "--bounding-set", capabilities, Kpl, .. arguments])
            : StartKpl(arguments);
    }

    /// <summary>Starts any program, with environment variables besides those of this process.</summary>
    public static RunningProgram StartFile(string path, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        new(ServerProcess.StartProcess(
            new ProcessStartInfo(path, arguments) { RedirectStandardInput = true, WorkingDirectory = Path.GetTempPath() }, environment));

    /// <summary>The next line of standard error; empty at its end.</summary>
    public Task<string> ErrorLineAsync() => _error.FirstAsync(static _ => true, TestContext.Current.CancellationToken);

    /// <summary>Sends a signal, see <see cref="Signals"/>.</summary>
    public void Signal(int signal) => ServerProcess.Signal(Id, signal);

    private async Task<string> ReadErrorAsync() => string.Concat((await _error.AllAsync()).Select(static line => line + "\n"));

    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync() => await ServerProcess.EndAsync(_process);
}
