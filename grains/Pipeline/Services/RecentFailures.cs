using System.Collections.Concurrent;
using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>
/// The last failures of each stream of an embedded producer, numbered, without their data. A storm of failures costs no more than a count each: of
/// one second the first ones are kept.
/// </summary>
/// <param name="keepsKeys">Whether partition keys may be told.</param>
internal sealed class RecentFailures(TimeProvider time, bool keepsKeys)
{
    /// <summary>How many failures of a stream are kept, and how many of one second at most.</summary>
    public const int Kept = 1_000;

    /// <summary>Where many streams fail, each keeps its share of these: some 10 MB. One that failed before the others keeps what it has.</summary>
    private const int KeptOfAll = 50_000;

    private readonly ConcurrentDictionary<string, StreamFailures> _streams = new(StringComparer.Ordinal);
    // When lists that are not there yet begin.
    private long _since = time.GetUtcNow().UtcTicks;

    private DateTimeOffset Since => new(Interlocked.Read(ref _since), TimeSpan.Zero);

    private int Share => Math.Clamp(KeptOfAll / Math.Max(1, _streams.Count), 1, Kept);

    /// <summary>Adds a failure. Its record is read at once: the batch of the result may be disposed later.</summary>
    public void Add(string stream, in RecordResult result)
    {
        var list = _streams.GetOrAdd(stream, static (_, since) => new StreamFailures(since), Since);
        var now = time.GetUtcNow();
        lock (list)
        {
            var number = ++list.Last;
            if (now - list.SecondBegan >= TimeSpan.FromSeconds(1) || now < list.SecondBegan)
                (list.SecondBegan, list.OfSecond) = (now, 0);
            if (++list.OfSecond > Kept)
                return;
            // Counting the streams takes all of their locks: not before this one may have too many.
            while (list.Failures.Count >= KeptOfAll / Kept && list.Failures.Count >= Share)
                list.Failures.Dequeue();
            list.Failures.Enqueue(FailureText.Of(number, now, null, result, keepsKeys));
        }
    }

    /// <summary>Forgets the failures of a stream. Those that come later are numbered anew, in a list that says so.</summary>
    public void Forget(string stream)
    {
        if (_streams.TryRemove(stream, out _))
            Interlocked.Exchange(ref _since, time.GetUtcNow().UtcTicks);
    }

    /// <summary>Returns failures of a stream, oldest first.</summary>
    public FailedRecordPage Page(string stream, long after, int max)
    {
        if (!_streams.TryGetValue(stream, out var list))
            return new FailedRecordPage { Next = after, Since = Since };
        lock (list)
        {
            FailedRecord[] later = [.. list.Failures.Where(f => f.Number > after).Take(max + 1)];
            var hasMore = later.Length > max;
            FailedRecord[] page = hasMore ? later[..max] : later;
            var next = hasMore ? page[^1].Number : Math.Max(after, list.Last);
            return new FailedRecordPage { Failures = page, Next = next, HasMore = hasMore, Missed = next - after - page.Length, Since = list.Since };
        }
    }

    /// <summary>Returns a failure; null where the list does not have it.</summary>
    public FailedRecord? Find(string stream, long number) => Page(stream, number - 1, 1).Failures is [var first] && first.Number == number ? first : null;

    private sealed class StreamFailures(DateTimeOffset since)
    {
        public DateTimeOffset Since => since;

        public Queue<FailedRecord> Failures { get; } = new();

        public long Last { get; set; }

        public DateTimeOffset SecondBegan { get; set; }

        public int OfSecond { get; set; }
    }
}

/// <summary>Converts failed results to what administration tells of them: everything but the data.</summary>
internal static class FailureText
{
    /// <param name="number">The failure's number in its list.</param>
    /// <param name="process">The silo that accepted it; null for an embedded producer.</param>
    /// <param name="result">The result; its record is read once.</param>
    /// <param name="keepsKey">Whether the partition key may be told.</param>
    public static FailedRecord Of(long number, DateTimeOffset endedAt, string? process, in RecordResult result, bool keepsKey)
    {
        var own = result.WithOwnRecord();
        var record = own.Record;
        var code = result.ErrorCode ?? "";
        return new FailedRecord
        {
            Number = number,
            EndedAt = endedAt,
            Process = process,
            HashKey = record is { PartitionKey: { } key } ? record.Value.ExplicitHashKey ?? HashKey.OfPartitionKey(Encoding.UTF8.GetBytes(key)) : null,
            PartitionKey = keepsKey ? record?.PartitionKey : null,
            ProducerNumber = own.ProducerNumber,
            Status = result.Status,
            ErrorCode = code,
            ErrorMessage = result.ErrorMessage,
            AttemptCount = result.AttemptCount,
            Attempts = result.Attempts,
            Advice = ErrorAdvice.Of(code).Advice,
        };
    }
}
