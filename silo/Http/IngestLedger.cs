using System.Collections.Concurrent;

namespace Orleans.Kpl.Http;

/// <summary>The ledger of all streams that received records over HTTP.</summary>
public sealed class IngestLedger(IKplProducer producer)
{
    private readonly ConcurrentDictionary<string, bool> _streams = new(StringComparer.Ordinal);

    /// <summary>Returns the sum over these streams, including records that did not come over HTTP.</summary>
    public StreamLedger Read()
    {
        var sum = default(StreamLedger);
        foreach (var (stream, _) in _streams)
            sum += producer.GetLedger(stream);
        return sum;
    }

    /// <summary>Notes that records of this stream were accepted.</summary>
    internal void Note(string stream)
    {
        if (!_streams.ContainsKey(stream))
            _streams.TryAdd(stream, true);
    }
}
