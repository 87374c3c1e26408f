using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Management;

/// <summary>The latest failures of one stream, numbered, limited by number and by bytes: the oldest are dropped.</summary>
/// <param name="memory">What the lists of this silo have together. It is their lock too, since one list can drop what another one has.</param>
internal sealed class FailureList(
    DateTimeOffset since, FailureMemory memory, int maxFailures = FailureList.MostFailures, long maxBytes = FailureList.MostBytes) : IDisposable
{
    /// <summary>How many failures a list keeps.</summary>
    public const int MostFailures = 10_000;

    /// <summary>How many bytes the failures of a list may have.</summary>
    public const long MostBytes = 32 << 20;

    private const long MaxPageBytes = 1 << 20;

    private readonly Queue<FailureEntry> _failures = new();
    private long _last;
    private bool _isOver;

    /// <summary>How many bytes the failures have that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Raised with the number of the last failure when there are more.</summary>
    public event Action<long>? Grew;

    /// <summary>Adds failures; none once the list has ended, for nothing would give their memory back.</summary>
    public void Add(FailureBatch report)
    {
        lock (memory)
        {
            if (_isOver)
                return;
            var before = Bytes;
            // The failures left out of the report have numbers too, so that the gap shows.
            _last += report.LeftOut;
            foreach (var failure in report.Entries)
            {
                _failures.Enqueue(failure with { Number = ++_last });
                Bytes += SizeOf(failure);
            }

            while (_failures.Count > maxFailures || Bytes > maxBytes && _failures.Count > 1)
                DropOldest();
            memory.Grew(this, Bytes - before);
        }

        Grew?.Invoke(_last);
    }

    /// <summary>Drops the older half of what is kept, by bytes, and at least one failure.</summary>
    public void DropHalf()
    {
        for (var half = Bytes / 2; Bytes > half;)
            DropOldest();
    }

    /// <summary>Gives back what the list has of the silo's memory.</summary>
    public void Dispose()
    {
        lock (memory)
        {
            _isOver = true;
            memory.Ended(this);
        }
    }

    public FailureEntryPage Page(long after, int max)
    {
        lock (memory)
            return PageOf(after, max);
    }

    private FailureEntryPage PageOf(long after, int max)
    {
        List<FailureEntry> page = [];
        var (bytes, hasMore) = (0L, false);
        foreach (var failure in _failures)
        {
            if (failure.Number <= after)
                continue;
            if (hasMore = page.Count >= max || page.Count > 0 && bytes + SizeOf(failure) > MaxPageBytes)
                break;
            bytes += SizeOf(failure);
            page.Add(failure);
        }

        var next = hasMore ? page[^1].Number : Math.Max(after, _last);
        return new FailureEntryPage(page, next, hasMore, next - after - page.Count, since);
    }

    private void DropOldest() => Bytes -= SizeOf(_failures.Dequeue());

    /// <summary>About what a failure takes of memory, in bytes.</summary>
    public static long SizeOf(FailureEntry failure) =>
        256 + (failure.Result.Record is { } record ? record.Data.Length + record.PartitionKey.Length * 2L : 0) + failure.Result.Attempts.Count * 128L;
}

/// <summary>
/// Limits the memory of all failure lists of one silo: the largest list drops its older half. Anybody who may put can name streams that do not exist, and
/// each name has a list.
/// </summary>
/// <remarks>Each list locks this object for what it does.</remarks>
internal sealed class FailureMemory(long maxBytes = 128 << 20)
{
    private readonly HashSet<FailureList> _lists = [];
    private long _bytes;

    /// <summary>A list has more or fewer bytes than before.</summary>
    public void Grew(FailureList list, long bytes)
    {
        _lists.Add(list);
        _bytes += bytes;
        while (_bytes > maxBytes && _lists.MaxBy(static l => l.Bytes) is { Bytes: > 0 } largest)
        {
            _bytes -= largest.Bytes;
            largest.DropHalf();
            _bytes += largest.Bytes;
        }
    }

    /// <summary>A list is not asked any more.</summary>
    public void Ended(FailureList list)
    {
        if (_lists.Remove(list))
            _bytes -= list.Bytes;
    }
}
