using Orleans.Kpl.Pipeline.Backlog.Segments;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Logs that processes left.</summary>
internal static class LeftLog
{
    /// <summary>A log with those records in a segment each, opened by its next owner.</summary>
    /// <param name="at">When they were accepted; null for the beginning of fake time.</param>
    public static async Task<ISegmentLog> OfAsync(MemoryBacklogStore store, IEnumerable<IEnumerable<UserRecord>> segments, DateTimeOffset? at = null)
    {
        var log = store.TakeOver("left");
        var acceptedAt = (at ?? Testing.FakeTimeProvider.Start).ToUnixTimeMilliseconds();
        foreach (var (number, records) in segments.Index())
        {
            using var writer = new SegmentWriter(2 << 20);
            foreach (var record in records)
                writer.TryAdd(Encoding.UTF8.GetBytes(record.PartitionKey), record.Data.Span, null, acceptedAt);
            await log.AppendAsync(log.NextNumber + number, writer.Encode(), default);
        }

        return store.TakeOver("left");
    }
}
