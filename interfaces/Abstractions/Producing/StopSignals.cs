using System.Diagnostics;
using System.Runtime.InteropServices;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl;

/// <summary>Turns the first SIGTERM or Ctrl-C into a request to stop; a later one may tell what has no outcome, and end the process.</summary>
/// <remarks><c>timeout</c> sends each of its signals twice, to the process and to its group: what comes within a moment is the same signal.</remarks>
internal sealed class StopSignals : IDisposable
{
    /// <summary>How long after the first signal another one is the same.</summary>
    public static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly int? _exitCode;
    private long _first;

    /// <param name="exitCode">What a later Ctrl-C ends the process with, and nothing else does; null where each signal ends it as it usually does.</param>
    public StopSignals(int? exitCode = null)
    {
        _exitCode = exitCode;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];
    }

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the first signal was SIGTERM.</summary>
    public bool IsTerminated { get; private set; }

    /// <summary>The words that the signal which ends the process tells.</summary>
    public LastWords LastWords { get; } = new();

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        var first = Interlocked.CompareExchange(ref _first, Stopwatch.GetTimestamp(), 0);
        if (first == 0)
        {
            IsTerminated = context.Signal == PosixSignal.SIGTERM;
            _ = _stop.CancelAsync();
        }
        else if (Stopwatch.GetElapsedTime(first) >= Moment && (_exitCode is null || context.Signal == PosixSignal.SIGINT))
        {
            LastWords.Tell();
            if (_exitCode is { } code)
                Environment.Exit(code);
            context.Cancel = false;
        }
    }
}
