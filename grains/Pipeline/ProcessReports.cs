using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline;

/// <summary>Makes the report of one process.</summary>
internal static class ProcessReports
{
    private static readonly string? Version = typeof(ProcessReports).Assembly.GetName().Version?.ToString(3);

    /// <param name="name">The process, as users see it.</param>
    /// <param name="startedAt">When it began to count.</param>
    /// <param name="producer">Its streams.</param>
    /// <param name="asked">The stream whose shards are told too; null for none.</param>
    public static ProcessReport Of(string name, DateTimeOffset startedAt, ProducerPipeline producer, StreamPipeline? asked) => new()
    {
        Process = name,
        StartedAt = startedAt,
        Version = Version,
        OutstandingBytes = producer.OutstandingBytes,
        Streams = [.. producer.Streams.Select(static s => s.Report()).OrderBy(static s => s.Stream, StringComparer.Ordinal)],
        Shards = asked?.Observations() ?? [],
    };
}
