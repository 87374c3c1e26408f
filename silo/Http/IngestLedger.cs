using System.Collections.Concurrent;

namespace Orleans.Kpl.Http;

/// <summary>The ledger of all streams that received records over HTTP.</summary>
public sealed class IngestLedger(IKplProducer producer)
{
    /// <summary>How often it is looked for streams that the producer has forgotten: each time that so many have been added.</summary>
    private const int LookEvery = 1_024;

    private readonly ConcurrentDictionary<string, bool> _streams = new(StringComparer.Ordinal);
    private int _added;

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
        if (_streams.ContainsKey(stream) || !_streams.TryAdd(stream, true) || Interlocked.Increment(ref _added) % LookEvery != 0)
            return;
        // Names that clients made up, whose records have failed.
        foreach (var (known, _) in _streams)
        {
            if (known != stream && producer.GetLedger(known) == default)
                _streams.TryRemove(known, out _);
        }
    }
}
