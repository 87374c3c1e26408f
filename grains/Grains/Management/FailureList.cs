using Orleans.Kpl.Management;
using System.Collections.Immutable;

namespace Orleans.Kpl.Grains.Management;

/// <summary>The latest failures of one stream, numbered, limited by number and by bytes: the oldest are dropped.</summary>
internal sealed class FailureList(DateTimeOffset since, int maxFailures = 10_000, long maxBytes = 32 << 20)
{
    private const long MaxPageBytes = 1 << 20;

    private readonly Queue<StreamFailure> _failures = new();
    private long _last;
    private long _bytes;

    public void Add(FailureReport report)
    {
        // The failures left out of the report have numbers too, so that the gap shows.
        _last += report.LeftOut;
        foreach (var failure in report.Failures)
        {
            _failures.Enqueue(failure with { Number = ++_last });
            _bytes += SizeOf(failure);
        }

        while (_failures.Count > maxFailures || _bytes > maxBytes && _failures.Count > 1)
            _bytes -= SizeOf(_failures.Dequeue());
    }

    public FailurePage Page(long after, int max)
    {
        var page = ImmutableArray.CreateBuilder<StreamFailure>();
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
        return new FailurePage
        {
            Failures = page.ToImmutable(),
            Next = page.Count > 0 ? page[^1].Number : after,
            HasMore = hasMore,
            Missed = Math.Max(0, first - 1 - after),
            Since = since,
        };
    }

    private static long SizeOf(StreamFailure failure) =>
        256 + (failure.Result.Record is { } record ? record.Data.Length + record.PartitionKey.Length * 2L : 0) + failure.Result.Attempts.Count * 128L;
}
