using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Kpl.Texts;
using Codes = Orleans.Kpl.Cli.Commands.ExitCode;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>
/// Turns the first SIGINT or SIGTERM into a cancellation. The second tells what is undelivered, and ends the process as the signal usually does.
/// </summary>
/// <remarks><c>timeout</c> sends each of its signals twice, to the process and to its group: what comes within a moment is the same signal.</remarks>
internal sealed class Interruption : IDisposable
{
    /// <summary>How long after the first signal another one is the same.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly Lock _lock = new();
    private volatile int _exitCode = Codes.Interrupted;
    private long? _first;

    public Interruption() =>
        _signals = [Listen(PosixSignal.SIGINT, Codes.Interrupted), Listen(PosixSignal.SIGTERM, Codes.Terminated)];

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>The exit code that shells use for the first signal.</summary>
    public int ExitCode => _exitCode;

    /// <summary>The words that the second signal tells.</summary>
    public LastWords LastWords { get; } = new();

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = _first is null;
            _first ??= Stopwatch.GetTimestamp();
            context.Cancel = isFirst || Stopwatch.GetElapsedTime(_first.Value) < Moment;
        }

        if (isFirst)
        {
            _exitCode = exitCode;
            _ = _stop.CancelAsync();
        }
        else if (!context.Cancel)
        {
            LastWords.Tell();
        }
    });
}
