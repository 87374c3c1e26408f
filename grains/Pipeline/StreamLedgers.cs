using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The ledger of each stream that was used, those that have closed included. A stream that has closed and of which nothing but failures is known may be a name
/// that somebody made up: the last of them are kept, and older ones count in the sum alone. Safe on any thread.
/// </summary>
internal sealed class StreamLedgers
{
    /// <summary>How many streams are kept that have closed with nothing but failures.</summary>
    public const int MostUnused = 1_000;

    private readonly ConcurrentDictionary<string, BacklogLedger> _ledgers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly List<string> _unused = [];
    private StreamLedger _forgotten;

    /// <summary>Whoever keeps something else of each stream is told of those that are not kept any more.</summary>
    public event Action<string>? Forgotten;

    /// <summary>How many dead letters of all streams were accepted anew: <see cref="BacklogLedger.RequeuedTotal"/>.</summary>
    public long RequeuedTotal => _ledgers.Values.Sum(static l => l.RequeuedTotal);

    /// <summary>The ledger of each stream that is kept.</summary>
    public IEnumerable<KeyValuePair<string, StreamLedger>> All => _ledgers.Select(static l => KeyValuePair.Create(l.Key, l.Value.Read()));

    /// <summary>The ledger of a stream; empty for one that is not kept.</summary>
    public StreamLedger Of(string stream) => _ledgers.TryGetValue(stream, out var ledger) ? ledger.Read() : default;

    /// <summary>The ledger of all streams together, those that are not kept included.</summary>
    public StreamLedger Sum()
    {
        lock (_lock)
            return _ledgers.Values.Aggregate(_forgotten, static (sum, ledger) => sum + ledger.Read());
    }

    /// <summary>Returns the counters of a stream that opens.</summary>
    public BacklogLedger Open(string stream)
    {
        lock (_lock)
        {
            _unused.Remove(stream);
            return _ledgers.GetOrAdd(stream, static _ => new BacklogLedger());
        }
    }

    /// <summary>Notes that a stream has closed, when it has.</summary>
    public async Task CloseAsync(string stream, Task closing)
    {
        try
        {
            await closing.ConfigureAwait(false);
        }
        finally
        {
            Closed(stream);
        }
    }

    /// <summary>Notes that a stream has closed, and counts nothing before it opens again.</summary>
    public void Closed(string stream)
    {
        string name;
        lock (_lock)
        {
            if (!_ledgers.TryGetValue(stream, out var ledger) || !HasFailuresOnly(ledger))
                return;
            _unused.Add(stream);
            if (_unused.Count <= MostUnused || !_ledgers.TryRemove(name = _unused[0], out var oldest))
                return;
            _unused.RemoveAt(0);
            _forgotten += oldest.Read();
        }

        Forgotten?.Invoke(name);
    }

    private static bool HasFailuresOnly(BacklogLedger ledger) =>
        ledger.RequeuedTotal == 0 && ledger.Read() is var read && read == new StreamLedger { Accepted = read.Failed, Failed = read.Failed };
}
