using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Owners;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Scaling.Running;

namespace Orleans.Kpl.Grains.Management;

/// <summary>
/// Sees to it that streams with an operation under way or a policy have an active manager: when silos come and go, and once a minute. Each stream is one
/// silo's to look after, so no reminder is needed: while any silo lives somebody looks.
/// </summary>
internal sealed partial class ManagerWaker(AdminServices services, IGrainFactory grains, LiveSilos silos, TimeProvider time, ILogger<ManagerWaker> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(1);
    private Task _waking = Task.CompletedTask;

    public void Start()
    {
        silos.Changed += Look;
        silos.Lost += LookAfter;
        _waking = Task.Run(WakeAsync);
    }

    public async Task StopAsync()
    {
        silos.Changed -= Look;
        silos.Lost -= LookAfter;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _waking.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        _due.Dispose();
    }

    private void LookAfter(Orleans.Runtime.SiloAddress silo) => Look();

    private void Look()
    {
        if (_due.CurrentCount == 0)
            _due.Release();
    }

    private async Task WakeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await WaitAsync().ConfigureAwait(false);
                foreach (var stream in await StreamsAsync().ConfigureAwait(false))
                    await WakeAsync(stream).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogNotWoken(e);
            }
        }
    }

    /// <summary>One that cannot be woken keeps the others from nothing.</summary>
    private async Task WakeAsync(string stream)
    {
        try
        {
            await grains.GetGrain<IShardMapSource>(stream).Wake().WaitAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogNotWoken(e);
        }
    }

    private async Task WaitAsync()
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(_due.WaitAsync(waited.Token), Task.Delay(Every, time, waited.Token)).ConfigureAwait(false);
        await waited.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private async Task<IEnumerable<string>> StreamsAsync()
    {
        var operations = await services.Store.ListAsync(OperationStore.IntentKind, _stop.Token).ConfigureAwait(false);
        var policies = await services.Store.ListAsync(PolicyStore.PolicyKind, _stop.Token).ConfigureAwait(false);
        return operations.Concat(policies).Select(static r => r.Key).Distinct().Where(s => silos.OwnerOf($"manager/{s}")?.Equals(silos.Self) == true).ToList();
    }

    [LoggerMessage(69, LogLevel.Warning, "Managers of streams could not be looked after; it is tried again in a minute")]
    private partial void LogNotWoken(Exception error);
}
