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
        Streams = [.. OfStreams(producer)
            .Select(s => s with { AcceptedPerSecond = producer.History?.AcceptedPerSecond(s.Stream) ?? 0, Failures = producer.Failures.Of(s.Stream) })
            .OrderBy(static s => s.Stream, StringComparer.Ordinal)],
        Shards = asked?.Observations() ?? [],
        History = asked is null ? null : producer.History?.Of(asked.Stream),
    };

    /// <summary>The reports of all streams, in no order and without their past.</summary>
    public static IEnumerable<StreamReport> OfStreams(ProducerPipeline producer) => producer.Ledgers.Select(l => OfStream(producer, l.Key, l.Value));

    /// <summary>The report of a stream. One that was idle and has closed keeps its ledger.</summary>
    private static StreamReport OfStream(ProducerPipeline producer, string stream, in StreamLedger ledger) =>
        producer.Find(stream)?.Report() ?? new StreamReport { Stream = stream, Ledger = ledger };
}
