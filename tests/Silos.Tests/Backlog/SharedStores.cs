using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

namespace Orleans.Kpl.Silos.Tests.Backlog;

/// <summary>A store in memory that several silos see, as they see a table.</summary>
internal sealed class SharedStores : IWriterStores
{
    private readonly ConcurrentDictionary<string, MemoryBacklogStore> _writers = new();
    private int _asked;

    /// <summary>Times that a log was to be opened.</summary>
    public int Asked => _asked;

    /// <summary>Gets how often logs were asked to keep what waits in them.</summary>
    public int RenewCount => _writers.Values.Sum(static w => w.RenewCount);

    /// <summary>Whether every call fails.</summary>
    public bool IsDown
    {
        get;
        set
        {
            field = value;
            foreach (var store in _writers.Values)
                store.IsDown = value;
        }
    }

    /// <summary>Those who wrote something.</summary>
    public IReadOnlyCollection<string> Writers => [.. _writers.Where(static w => w.Value.AppendCount > 0).Select(static w => w.Key)];

    /// <summary>The logs that are over, by their writers.</summary>
    public IReadOnlyList<(string Stream, string Writer)> Retired => [.. _writers.SelectMany(static w => w.Value.Retired.Select(s => (s, w.Key)))];

    public Task EnsureAsync(CancellationToken cancellationToken) => Of("probe").ListStreamsAsync(cancellationToken);

    public IBacklogStore Of(string writer)
    {
        Interlocked.Increment(ref _asked);
        return _writers.GetOrAdd(writer, _ => new MemoryBacklogStore { IsDown = IsDown });
    }
}
