using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The managers of streams as one silo reaches them.</summary>
internal sealed class ManagerPlaces(World world, SimulatedCluster cluster, SiloHost from) : IStreamManagers
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(40);

    public Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) =>
        CallAsync(stream, Long, "list shards", static async m => (await m.Readings.OpenAsync().ConfigureAwait(false)).Shards);

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        CallAsync(stream, Long, "list closed shards", static m => m.Readings.ClosedAsync());

    public Task<StreamSummary> DescribeAsync(string stream) => CallAsync(stream, Long, "describe", static m => m.Readings.DescriptionAsync());

    public Task ReportFailuresAsync(string stream, FailureBatch failures) => CallAsync(stream, Short, "report failures", m =>
    {
        m.AddFailures(failures);
        return Task.FromResult(true);
    });

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => CallAsync(stream, Long, "set aside", async m =>
    {
        world.DeadLetters += report.Letters.Count;
        await m.SetAsideAsync(report).ConfigureAwait(false);
        return true;
    });

    public Task WakeAsync(string stream) => CallAsync(stream, Long, "wake", static async m =>
    {
        await m.ResumeAsync().ConfigureAwait(false);
        return true;
    });

    private Task<T> CallAsync<T>(string stream, TimeSpan timeout, TraceText what, Func<StreamManager, Task<T>> call)
    {
        var silo = cluster.Managers.PlaceOf(stream, from.Current, world.Dice);
        return cluster.Wires.CallAsync(from, silo.Host, silo.Process, timeout, what, () => call(cluster.Managers.Of(stream, silo)));
    }
}
