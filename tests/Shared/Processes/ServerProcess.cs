using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Testing;

/// <summary>A server as a process of its own: the lines it writes, signals to it, and its end.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private bool _isDisposed;

    private ServerProcess(Process process)
    {
        _process = process;
        Output = new ProcessLines(process.StandardOutput);
        Log = new ProcessLines(process.StandardError);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Standard output.</summary>
    public ProcessLines Output { get; }

    /// <summary>Standard error.</summary>
    public ProcessLines Log { get; }

    /// <summary>Starts a program. Settings and credentials of whoever runs the tests do not reach it.</summary>
    public static ServerProcess Start(string program, IEnumerable<string> arguments, string? directory = null,
        params IEnumerable<(string Name, string Value)> environment) =>
        Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory ?? AppContext.BaseDirectory }, environment);

    /// <summary>The same, of a program that is described in full.</summary>
    public static ServerProcess Start(ProcessStartInfo start, params IEnumerable<(string Name, string Value)> environment) =>
        new(StartProcess(start, environment));

    /// <summary>As <see cref="Start"/>, with the outputs as they are.</summary>
    public static Process StartProcess(ProcessStartInfo start, IEnumerable<(string Name, string Value)> environment)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        CleanEnvironment.Clear(start);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Sends a signal, see <see cref="Signals"/>.</summary>
    public void Signal(int signal) => Signal(Id, signal);

    public static void Signal(int processId, int signal) => Assert.Equal(0, Kill(processId, signal));

    /// <summary>Waits for a line of the log, there already or to come.</summary>
    public Task<string> LogAsync(string part) => Log.SeenAsync(l => l.Contains(part, StringComparison.Ordinal), TestContext.Current.CancellationToken);

    /// <summary>Waits for the end of the process and of both its outputs.</summary>
    public async Task<(int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Log)> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, await Output.AllAsync(), await Log.AllAsync());
    }

    /// <summary>Kills it, stopped by a signal or not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await EndAsync(_process);
    }

    public static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int processId, int signal);
}
