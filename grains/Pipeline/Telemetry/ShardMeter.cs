using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>One shard of a stream, as the metrics know it: it remembers where each listener counts for it, so that nothing is looked up for a record.</summary>
/// <param name="meter">The meter of the producer.</param>
/// <param name="shardId">The shard; null or empty where it is not known.</param>
internal sealed class ShardMeter(Meter meter, string stream, string? shardId)
{
    private volatile Places? _places;

    /// <summary>The stream.</summary>
    public string Stream => stream;

    /// <summary>The shard; null where it is not known.</summary>
    public string? ShardId { get; } = shardId is { Length: > 0 } ? shardId : null;

    /// <summary>Tells every listener what happened.</summary>
    public void Tell(in ShardEvent happened)
    {
        var listeners = ShardListeners.All;
        var places = _places;
        if (!ReferenceEquals(places?.Listeners, listeners))
        {
            if (listeners.Length == 0)
            {
                _places = null;
                return;
            }

            _places = places = Find(listeners);
        }

        var counts = places!.Counts;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i]?.TryAdd(happened) == false)
                TellAgain(listeners[i], happened);
        }
    }

    private Places Find(IShardListener[] listeners) =>
        new(listeners, Array.ConvertAll(listeners, l => l.CountsOf(meter, stream, ShardId)));

    private void TellAgain(IShardListener listener, in ShardEvent happened)
    {
        while (listener.CountsOf(meter, stream, ShardId)?.TryAdd(happened) == false)
        {
            // That place was given up meanwhile too.
        }

        _places = null;
    }

    private sealed record Places(IShardListener[] Listeners, IShardCounts?[] Counts);
}
