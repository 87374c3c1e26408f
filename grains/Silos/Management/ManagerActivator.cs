using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Capacities;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>
/// Makes sure that streams with an operation under way, a policy that is not off, or warm throughput for a while have an active manager. When silos come or
/// go, one silo reads the rows and looks after all streams: if each did, a cluster that restarts would read them as often as the square of its silos. Once a
/// minute each silo looks after its share.
/// </summary>
internal sealed partial class ManagerActivator(
    AdminServices services, IStreamManagers managers, LiveSilos silos, TimeProvider time, ILogger<ManagerActivator> logger) : IAsyncDisposable
{
    /// <summary>How often a silo looks that is not the one.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>How many managers are activated at once.</summary>
    private const int AtOnce = 8;

    private long? _lookedAt;

    private PeriodicCheck Lookout => field ??= new PeriodicCheck(silos, time, LookAsync, LogNotWoken);

    public void Start() => Lookout.Start();

    public Task StopAsync() => Lookout.StopAsync();

    public ValueTask DisposeAsync() => Lookout.DisposeAsync();

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var isTheOne = IsMine("managers");
        if (!isTheOne && _lookedAt is { } last && time.GetElapsedTime(last) < Every)
            return;
        var now = time.GetTimestamp();
        var streams = await StreamsAsync(cancellationToken).ConfigureAwait(false);
        var mine = isTheOne ? streams : streams.Where(s => IsMine($"manager/{s}"));
        await Parallel.ForEachAsync(mine, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, WakeAsync)
            .ConfigureAwait(false);
        _lookedAt = now;
    }

    /// <summary>Activates a manager. An error does not keep the other managers from being activated.</summary>
    private async ValueTask WakeAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            await managers.WakeAsync(stream).Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotWoken(e);
        }
    }

    private async Task<IEnumerable<string>> StreamsAsync(CancellationToken cancellationToken)
    {
        var streams = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in (string[])[OperationStore.IntentKind, PolicyStore.PolicyKind, WarmIntent.Kind])
        {
            var rows = await services.Store.ListAsync(kind, cancellationToken).ConfigureAwait(false);
            streams.UnionWith(rows.Where(r => NeedsManager(kind, r)).Select(static r => r.Key));
        }

        return streams;
    }

    private static bool NeedsManager(string kind, StateRow row) => kind switch
    {
        OperationStore.IntentKind => OperationStore.IsIntent(row),
        PolicyStore.PolicyKind => !PolicyStore.IsOff(row),
        _ => true,
    };

    private bool IsMine(string key) => silos.Self.Equals(silos.OwnerOf(key));

    [LoggerMessage(119, LogLevel.Warning, "Managers of streams could not be looked after; it is tried again soon")]
    private partial void LogNotWoken(Exception error);
}
