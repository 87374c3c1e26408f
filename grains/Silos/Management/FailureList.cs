using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Management;

/// <summary>The latest failures of one stream, numbered, limited by number and by bytes: the oldest are dropped.</summary>
internal sealed class FailureList(DateTimeOffset since, int maxFailures = 10_000, long maxBytes = 32 << 20)
{
    private const long MaxPageBytes = 1 << 20;

    private readonly Queue<FailureEntry> _failures = new();
    private long _last;
    private long _bytes;

    /// <summary>Raised with the number of the last failure when there are more.</summary>
    public event Action<long>? Grew;

    public void Add(FailureBatch report)
    {
        // The failures left out of the report have numbers too, so that the gap shows.
        _last += report.LeftOut;
        foreach (var failure in report.Entries)
        {
            _failures.Enqueue(failure with { Number = ++_last });
            _bytes += SizeOf(failure);
        }

        while (_failures.Count > maxFailures || _bytes > maxBytes && _failures.Count > 1)
            _bytes -= SizeOf(_failures.Dequeue());
        Grew?.Invoke(_last);
    }

    public FailureEntryPage Page(long after, int max)
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

        var first = page.Count > 0 ? page[0].Number : _last + 1;
        return new FailureEntryPage(page, page.Count > 0 ? page[^1].Number : after, hasMore, Math.Max(0, first - 1 - after), since);
    }

    private static long SizeOf(FailureEntry failure) =>
        256 + (failure.Result.Record is { } record ? record.Data.Length + record.PartitionKey.Length * 2L : 0) + failure.Result.Attempts.Count * 128L;
}
