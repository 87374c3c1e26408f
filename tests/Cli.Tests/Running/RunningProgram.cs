using System.Diagnostics;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>A program of ours as a process of its own.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ProcessLines _error;

    private RunningProgram(Process process)
    {
        _process = process;
        _error = new ProcessLines(process.StandardError);
    }

    /// <summary>Where the command is.</summary>
    public static string Kpl => PathOf("Orleans.Kpl.Cli", "kpl");

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>All of standard error, at the end.</summary>
    public Task<string> Error => ReadErrorAsync();

    public static RunningProgram StartKpl(params IEnumerable<string> arguments) => Start("Orleans.Kpl.Cli", "kpl", arguments);

    /// <summary>A command that the modes of files bind, also where root runs the tests.</summary>
    public static RunningProgram StartBoundKpl(params IEnumerable<string> arguments)
    {
        const string capabilities = "-dac_override,-dac_read_search";
        var kpl = PathOf("Orleans.Kpl.Cli", "kpl");
        return OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? StartFile("setpriv", ["--inh-caps", capabilities, "--bounding-set", capabilities, kpl, .. arguments])
            : StartFile(kpl, arguments);
    }

    /// <summary>A local tier. It waits for late answers: what it sent again would be there twice.</summary>
    public static RunningProgram StartTier(params IEnumerable<string> arguments) =>
        Start("Orleans.Kpl.Local", "Orleans.Kpl.Local", ["--Kpl:RequestTimeout=10m", .. arguments]);

    /// <summary>Starts a program from its own output folder, where all that it needs stands beside it.</summary>
    private static RunningProgram Start(string project, string name, IEnumerable<string> arguments) => StartFile(PathOf(project, name), arguments);

    private static string PathOf(string project, string name)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, OperatingSystem.IsWindows() ? name + ".exe" : name);
    }

    /// <summary>Starts any program, with environment variables besides those of this process.</summary>
    public static RunningProgram StartFile(string path, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(),
        };
        CleanEnvironment.Clear(start);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>The next line of standard error; empty at its end.</summary>
    public Task<string> ErrorLineAsync() => _error.FirstAsync(static _ => true, TestContext.Current.CancellationToken);

    /// <summary>Ctrl-C, or another signal.</summary>
    public async Task InterruptAsync(string signal = "INT")
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private async Task<string> ReadErrorAsync() => string.Concat((await _error.AllAsync()).Select(static line => line + "\n"));

    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
