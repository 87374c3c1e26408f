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
        {
            var one = producer.GetLedger(stream);
            sum = new StreamLedger(
                sum.Accepted + one.Accepted, sum.Delivered + one.Delivered, sum.Failed + one.Failed, sum.Unknown + one.Unknown,
                sum.InFlight + one.InFlight, sum.InBacklog + one.InBacklog, sum.DeadLettered + one.DeadLettered);
        }
        return sum;
    }

    /// <summary>Records of this stream were accepted.</summary>
    internal void Note(string stream)
    {
        if (!_streams.ContainsKey(stream))
            _streams.TryAdd(stream, true);
    }
}
