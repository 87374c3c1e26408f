using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>A process' way to the table that keeps its backlog.</summary>
internal sealed class TableBacklogStore(World world, SimulatedProcess process, BacklogTable table, StoreWeather weather) : IBacklogStore
{
    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) =>
        CallAsync("list streams", () => table.Streams, cancellationToken);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        var log = table.LogOf(stream, kind);
        while (true)
        {
            // As in the product's store, a call that comes late takes the log from no later owner.
            var former = log.Owner;
            var opened = await CallAsync($"open {kind}", () => log.Owner == former ? log.Open() : default, cancellationToken).ConfigureAwait(false);
            if (opened.Owner > former)
                return new TableSegmentLog(this, log, opened.Owner, opened.Found, opened.Next, opened.Progress);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Whether nothing arrives any more that a process had sent which is gone, killed or in good order. So it is with the folder that embedded producers
    /// have: no write to it outlives its process, and the next one looks through it once.
    /// </summary>
    public bool DropsTheDead { get; init; } = true;

    /// <summary>Whether nothing more can be written.</summary>
    public bool IsFull => weather.IsFull;

    /// <summary>Does something in the table, and tells its failures as the product's store does.</summary>
    public async Task<T> CallAsync<T>(TraceText what, Func<T> carryOut, CancellationToken cancellationToken)
    {
        if (world.IsTracing)
            world.Say(process.Name, $"store: {what}");
        try
        {
            return await RemoteCall.RunAsync(world, process, Live, Draw(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreFailures.IsOne(e, StoreErrors.Kinds, cancellationToken))
        {
            throw new BacklogStoreException($"simulated: {e.Message}", inner: e);
        }

        // Its successor may have looked already, and found nothing to take over.
        T Live() => DropsTheDead && (process.IsDead || process.HasExited) ? throw new BacklogStoreException("the process is gone") : carryOut();
    }

    private CallFate Draw()
    {
        var network = weather.Network;
        var request = network.Draw(world);
        if (weather.Error is { } error)
            return new CallFate(null, null, request, error);
        if (world.Now < weather.SilentUntil)
            return new CallFate(TimeSpan.FromTicks(weather.SilentUntil - world.Now) + request, network.Draw(world));
        if (world.Happens(network.LosesAnswers))
            return new CallFate(request, null, request * 2, StoreErrors.Of(StoreErrors.LostAnswers, world.Steps));
        return world.Happens(0.1) ? CallFate.AtOnce : new CallFate(request, network.Draw(world));
    }
}

/// <summary>What a table holds of one producer's backlog. It outlives the producer's processes.</summary>
internal sealed class BacklogTable
{
    private readonly SortedDictionary<string, MemoryLogState> _logs = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Streams => [.. _logs.Where(static l => !l.Value.IsEmpty).Select(static l => l.Key.Split('/')[0]).Distinct()];

    /// <summary>The segments that wait, of all streams.</summary>
    public int Segments =>
        _logs.Where(static l => l.Key.EndsWith(nameof(SegmentLogKind.Records), StringComparison.Ordinal)).Sum(static l => l.Value.Segments().Count);

    public MemoryLogState LogOf(string stream, SegmentLogKind kind)
    {
        var key = $"{stream}/{kind}";
        if (!_logs.TryGetValue(key, out var log))
            _logs[key] = log = new MemoryLogState();
        return log;
    }
}
