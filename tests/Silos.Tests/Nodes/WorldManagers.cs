using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Keeps one manager of each stream, on the silo that started first.</summary>
internal sealed class WorldManagers(NodeWorld world) : IStreamManagers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (WorldSilo Silo, StreamManager Manager)> _active = [];

    public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => (await Of(stream).Readings.OpenAsync()).Shards;

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) => Of(stream).Readings.ClosedAsync();

    public Task<StreamSummary> DescribeAsync(string stream) => Of(stream).Readings.DescriptionAsync();

    public Task ReportFailuresAsync(string stream, FailureBatch failures)
    {
        Of(stream).AddFailures(failures);
        return Task.CompletedTask;
    }

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => Of(stream).SetAsideAsync(report);

    public Task WakeAsync(string stream) => Of(stream).ResumeAsync();

    public StreamManager Of(string stream)
    {
        lock (_lock)
        {
            if (_active.TryGetValue(stream, out var active))
                return active.Manager;
            var silo = world.Silos[0];
            var manager = silo.Node.NewManager(stream, () => { });
            _active[stream] = (silo, manager);
            return manager;
        }
    }

    /// <summary>The managers of a silo end in good order.</summary>
    public async Task LeaveAsync(WorldSilo silo)
    {
        foreach (var manager in Lose(silo))
            await manager.EndAsync();
    }

    public IReadOnlyList<StreamManager> Lose(WorldSilo silo)
    {
        lock (_lock)
        {
            var lost = _active.Where(m => m.Value.Silo == silo).ToList();
            foreach (var (stream, _) in lost)
                _active.Remove(stream);
            return [.. lost.Select(static m => m.Value.Manager)];
        }
    }
}
