using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>A process' way to the rows that silos share.</summary>
internal sealed class RowStore(World world, SimulatedProcess process, SharedRows rows, StoreWeather weather) : IStateStore
{
    /// <summary>Two tries of the SDK, and the wait between them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.9);

    public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) =>
        CallAsync($"read {kind} {key}", () => rows.Read(kind, key), cancellationToken);

    public Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken) =>
        CallAsync($"list {kind}", () => rows.List(kind), cancellationToken);

    public Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
        CallAsync($"write {kind} {key} {over} {text}", () => rows.Write(kind, key, over, text), cancellationToken, IsLost(kind));

    public Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken) =>
        CallAsync($"delete {kind} {key} {version}", () => rows.Delete(kind, key, version), cancellationToken);

    /// <summary>Makes a call, and tells its failures as the product's store does.</summary>
    private async Task<T> CallAsync<T>(TraceText what, Func<T> carryOut, CancellationToken cancellationToken, bool isLost = false)
    {
        if (world.IsTracing)
            world.Say(process.Name, $"row: {what}");
        try
        {
            return await RemoteCall.RunAsync(world, process, carryOut, Draw(isLost), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreFailures.IsOne(e, StoreErrors.Kinds, cancellationToken))
        {
            throw new StateStoreException($"simulated: {e.Message}", e);
        }
    }

    /// <summary>The SDK's calls end: with an answer, or after a time-out and a second try.</summary>
    private CallFate Draw(bool isLost)
    {
        var network = weather.Network;
        var request = network.Draw(world);
        if (weather.Error is { } error)
            return new CallFate(null, null, request, error);
        if (world.Now < weather.SilentUntil)
            return new CallFate(world.Happens(0.5) ? world.Upto(TimeSpan.FromSeconds(8)) : null, null, Patience, NoAnswer());
        if (isLost || world.Happens(network.LosesAnswers))
            return new CallFate(request, null, request * 2, NoAnswer());
        return new CallFate(request, network.Draw(world), Patience, NoAnswer());
    }

    private bool IsLost(string kind)
    {
        if (!weather.LosesNextEpoch || kind != SimulatedCluster.Epochs)
            return false;
        weather.LosesNextEpoch = false;
        return true;
    }

    private Func<Exception> NoAnswer() => StoreErrors.Of(StoreErrors.LostAnswers, world.Steps);
}
