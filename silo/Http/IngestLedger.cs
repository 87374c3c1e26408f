using System.Collections.Concurrent;

namespace Orleans.Kpl.Http;

/// <summary>The books of all streams that records came for over HTTP.</summary>
public sealed class IngestLedger(IKplProducer producer)
{
    private readonly ConcurrentDictionary<string, bool> _streams = new(StringComparer.Ordinal);

    /// <summary>The sum over these streams, of everything that this process' producer did for them.</summary>
    public StreamLedger Read()
    {
        var sum = default(StreamLedger);
        foreach (var (stream, _) in _streams)
            sum += producer.GetLedger(stream);
        return sum;
    }

    /// <summary>Records of this stream were accepted.</summary>
    internal void Note(string stream)
    {
        if (!_streams.ContainsKey(stream))
            _streams.TryAdd(stream, true);
    }
}
