using System.Runtime.InteropServices;
using Codes = Orleans.Kpl.Cli.Commands.ExitCode;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>
/// Turns the first SIGINT or SIGTERM into a cancellation. The second tells what is undelivered, and ends the process as the signal usually does.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;
    private volatile int _exitCode = Codes.Interrupted;

    public Interruption() =>
        _signals = [Listen(PosixSignal.SIGINT, Codes.Interrupted), Listen(PosixSignal.SIGTERM, Codes.Terminated)];

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The exit code that shells use for the first signal.</summary>
    public int ExitCode => _exitCode;

    /// <summary>What the second signal tells.</summary>
    public LastWords LastWords { get; } = new();

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        if (_stop.IsCancellationRequested)
        {
            LastWords.Tell();
            return;
        }

        context.Cancel = true;
        _exitCode = exitCode;
        _ = _stop.CancelAsync();
    });
}

/// <summary>What a second interrupt tells before it ends the process: the verb that runs knows what is undelivered.</summary>
internal sealed class LastWords
{
    /// <summary>How long telling may take: standard error may be a pipe that is full.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private volatile Action? _tell;

    /// <summary>Sets what is told, until it is set again; null for nothing.</summary>
    public void Set(Action? tell) => _tell = tell;

    /// <summary>Tells it, within a second.</summary>
    public void Tell()
    {
        if (_tell is { } tell)
            Task.WhenAny(Task.Run(tell), Task.Delay(Limit)).Wait();
    }
}
