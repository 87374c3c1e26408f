using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>One shard of a stream, as the metrics know it: it remembers where each listener counts for it, so that nothing is looked up for a record.</summary>
/// <param name="shardId">The shard; null or empty where it is not known.</param>
internal sealed class ShardMeter(Meter meter, string stream, string? shardId)
{
    private volatile Found? _found;

    /// <summary>The stream.</summary>
    public string Stream => stream;

    /// <summary>The shard; null where it is not known.</summary>
    public string? ShardId { get; } = shardId is { Length: > 0 } ? shardId : null;

    /// <summary>Tells every listener what happened.</summary>
    public void Tell(in ShardEvent happened)
    {
        var listeners = ShardListeners.All;
        var found = _found;
        if (!ReferenceEquals(found?.Listeners, listeners))
        {
            if (listeners.Length == 0)
            {
                _found = null;
                return;
            }

            _found = found = Find(listeners);
        }

        var counts = found!.Counts;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i]?.TryAdd(happened) == false)
                TellAgain(listeners[i], happened);
        }
    }

    private Found Find(IShardListener[] listeners) =>
        new(listeners, Array.ConvertAll(listeners, l => l.CountsOf(meter, stream, ShardId)));

    private void TellAgain(IShardListener listener, in ShardEvent happened)
    {
        while (listener.CountsOf(meter, stream, ShardId)?.TryAdd(happened) == false)
        {
            // These counts were given up meanwhile too.
        }

        _found = null;
    }

    private sealed record Found(IShardListener[] Listeners, IShardCounts?[] Counts);
}
