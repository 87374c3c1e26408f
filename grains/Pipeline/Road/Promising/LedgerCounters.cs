using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>The ledger counters of one stream.</summary>
internal sealed class LedgerCounters
{
    private readonly Lock _rare = new();
    private long _accepted;
    private long _delivered;
    private long _failed;
    private long _unknown;
    private long _inBacklog;
    private long _deadLettered;
    private long _requeued;

    /// <summary>
    /// How many dead letters were accepted anew and are dead letters no more: a counter that only grows, such as <c>UserRecordsReceived</c>, has them twice.
    /// </summary>
    public long RequeuedTotal => Interlocked.Read(ref _requeued);

    public void Accepted(long count) => Interlocked.Add(ref _accepted, count);

    public void Delivered(int count) => Interlocked.Add(ref _delivered, count);

    public void Failed(int count) => Interlocked.Add(ref _failed, count);

    public void Unknown(long count) => Interlocked.Add(ref _unknown, count);

    /// <summary>Counts records in flight that are now in the durable backlog.</summary>
    public void IntoBacklog(long count) => Interlocked.Add(ref _inBacklog, count);

    /// <summary>Counts records of an earlier process that were found in the backlog.</summary>
    public void Found(long count)
    {
        Accepted(count);
        IntoBacklog(count);
    }

    /// <summary>Counts dead letters that an earlier process had set aside.</summary>
    public void FoundDeadLetters(int count)
    {
        Accepted(count);
        Interlocked.Add(ref _deadLettered, count);
    }

    public void FromBacklogToDelivered(int count)
    {
        IntoBacklog(-count);
        Delivered(count);
    }

    /// <summary>Counts records of the backlog that another process took over, or that cannot be read.</summary>
    public void FromBacklogToUnknown(long count)
    {
        IntoBacklog(-count);
        Unknown(count);
    }

    public void FromBacklogToDeadLetters(int count)
    {
        IntoBacklog(-count);
        Interlocked.Add(ref _deadLettered, count);
    }

    public void FromDeadLettersToFailed(int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            Failed(count);
        }
    }

    /// <summary>Counts dead letters that were accepted anew: they are not dead letters any more, and count as accepted only once.</summary>
    public void Requeued(int count)
    {
        lock (_rare)
        {
            Interlocked.Add(ref _deadLettered, -count);
            Interlocked.Add(ref _requeued, count);
            Accepted(-count);
        }
    }

    /// <summary>Returns a consistent snapshot: outcomes are read before the accepted count, so the number in flight is never negative.</summary>
    public StreamLedger Read()
    {
        lock (_rare)
        {
            var delivered = Interlocked.Read(ref _delivered);
            var failed = Interlocked.Read(ref _failed);
            var unknown = Interlocked.Read(ref _unknown);
            var dead = Interlocked.Read(ref _deadLettered);
            var backlog = Interlocked.Read(ref _inBacklog);
            var accepted = Interlocked.Read(ref _accepted);
            return new StreamLedger(accepted, delivered, failed, unknown, accepted - delivered - failed - unknown - backlog - dead, backlog, dead);
        }
    }
}

/// <summary>
/// The ledger of each stream that was used, those that have closed included. A stream that has closed and of which nothing but failures is known may be a name
/// that somebody made up: the last of them are kept, and older ones count in the sum alone. Safe on any thread.
/// </summary>
internal sealed class StreamLedgers
{
    /// <summary>How many streams are kept that have closed with nothing but failures.</summary>
    public const int MostUnused = 1_000;

    private readonly ConcurrentDictionary<string, LedgerCounters> _ledgers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly List<string> _unused = [];
    private StreamLedger _forgotten;

    /// <summary>How many dead letters of all streams were accepted anew: <see cref="LedgerCounters.RequeuedTotal"/>.</summary>
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
    public LedgerCounters Open(string stream)
    {
        lock (_lock)
        {
            _unused.Remove(stream);
            return _ledgers.GetOrAdd(stream, static _ => new LedgerCounters());
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
        lock (_lock)
        {
            if (!_ledgers.TryGetValue(stream, out var ledger) || !HasFailuresOnly(ledger))
                return;
            _unused.Add(stream);
            if (_unused.Count <= MostUnused || !_ledgers.TryRemove(_unused[0], out var oldest))
                return;
            _unused.RemoveAt(0);
            _forgotten += oldest.Read();
        }
    }

    private static bool HasFailuresOnly(LedgerCounters ledger) =>
        ledger.RequeuedTotal == 0 && ledger.Read() is var read && read == new StreamLedger { Accepted = read.Failed, Failed = read.Failed };
}
