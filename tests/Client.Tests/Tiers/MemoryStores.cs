using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Silos.Backlog;

namespace Orleans.Kpl.Client.Tests.Tiers;

/// <summary>A silo's backlog in memory.</summary>
internal sealed class MemoryStores : IWriterStores
{
    private readonly ConcurrentDictionary<string, MemoryBacklogStore> _writers = new();

    public IBacklogStore Of(string writer) => _writers.GetOrAdd(writer, static _ => new MemoryBacklogStore());

    public Task EnsureAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
