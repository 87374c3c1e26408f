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

    /// <summary>Starts a program of the same build, from its own folder: beside this test it would lack what the test's framework brings.</summary>
    public static RunningProgram Start(string name, params IEnumerable<string> arguments)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var project = name == "kpl" ? "Orleans.Kpl.Cli" : name;
        var path = Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, OperatingSystem.IsWindows() ? name + ".exe" : name);
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
