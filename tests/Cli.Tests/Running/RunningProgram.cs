using System.Diagnostics;

namespace Orleans.Kpl.Cli.Tests.Running;

/// <summary>A program of ours as a process of its own.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private readonly Process _process;

    private RunningProgram(Process process)
    {
        _process = process;
        Error = process.StandardError.ReadToEndAsync();
    }

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>All of standard error, at the end.</summary>
    public Task<string> Error { get; }

    public static RunningProgram StartKpl(params IEnumerable<string> arguments) => Start("Orleans.Kpl.Cli", "kpl", arguments);

    /// <summary>A local tier. It waits for late answers: what it sent again would be there twice.</summary>
    public static RunningProgram StartTier(params IEnumerable<string> arguments) =>
        Start("Orleans.Kpl.Local", "Orleans.Kpl.Local", ["--Kpl:RequestTimeout=10m", .. arguments]);

    /// <summary>Starts a program from its own output folder, where all that it needs stands beside it.</summary>
    private static RunningProgram Start(string project, string name, IEnumerable<string> arguments)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, OperatingSystem.IsWindows() ? name + ".exe" : name);
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(),
        };
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Ctrl-C.</summary>
    public async Task InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

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
