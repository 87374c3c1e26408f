using Microsoft.Extensions.Logging;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Managing;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Makes sure that streams with an operation under way or a policy have an active manager. Each stream is looked after by one silo.
/// </summary>
internal sealed partial class ManagerActivator : IAsyncDisposable
{
    private readonly AdminServices _services;
    private readonly IStreamManagers _managers;
    private readonly LiveSilos _silos;
    private readonly ILogger<ManagerActivator> _logger;
    private readonly PeriodicCheck _lookout;

    public ManagerActivator(AdminServices services, IStreamManagers managers, LiveSilos silos, TimeProvider time, ILogger<ManagerActivator> logger)
    {
        (_services, _managers, _silos, _logger) = (services, managers, silos, logger);
        _lookout = new PeriodicCheck(silos, time, LookAsync, LogNotWoken);
    }

    public void Start() => _lookout.Start();

    public Task StopAsync() => _lookout.StopAsync();

    public ValueTask DisposeAsync() => _lookout.DisposeAsync();

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var stream in await StreamsAsync(cancellationToken).ConfigureAwait(false))
            await WakeAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Activates a manager. An error does not keep the other managers from being activated.</summary>
    private async Task WakeAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            await _managers.WakeAsync(stream).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotWoken(e);
        }
    }

    private async Task<IEnumerable<string>> StreamsAsync(CancellationToken cancellationToken)
    {
        var operations = await _services.Store.ListAsync(OperationStore.IntentKind, cancellationToken).ConfigureAwait(false);
        var policies = await _services.Store.ListAsync(PolicyStore.PolicyKind, cancellationToken).ConfigureAwait(false);
        return operations.Concat(policies).Select(static r => r.Key).Distinct()
            .Where(s => _silos.OwnerOf($"manager/{s}")?.Equals(_silos.Self) == true).ToList();
    }

    [LoggerMessage(69, LogLevel.Warning, "Managers of streams could not be looked after; it is tried again soon")]
    private partial void LogNotWoken(Exception error);
}
