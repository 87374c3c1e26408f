using System.Runtime.InteropServices;

namespace Orleans.Kpl.Http.Serving;

/// <summary>Turns the first SIGTERM or Ctrl-C into a request to stop; a second Ctrl-C ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    /// <summary>The exit code that shells report for a process ended by Ctrl-C.</summary>
    private const int ExitInterrupted = 130;

    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() =>
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];

    /// <summary>Completes at the first signal.</summary>
    public Task Stop => _stop.Task;

    /// <summary>Is cancelled at the first signal.</summary>
    public CancellationToken StopToken => _cancellation.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _cancellation.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_stop.TrySetResult())
            _cancellation.Cancel();
        else if (context.Signal == PosixSignal.SIGINT)
            Environment.Exit(ExitInterrupted);
    }
}
