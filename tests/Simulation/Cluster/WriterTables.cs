using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>A process' way to the logs of all writers.</summary>
internal sealed class WriterTables(World world, SimulatedProcess process, SortedDictionary<string, BacklogTable> tables, StoreWeather weather) : IWriterStores
{
    public IBacklogStore Of(string writer)
    {
        if (!tables.TryGetValue(writer, out var table))
            tables[writer] = table = new BacklogTable();
        return new TableBacklogStore(world, process, table, weather) { DropsTheDead = false };
    }

    public Task EnsureAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
