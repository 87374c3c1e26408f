using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>The one process of an embedded producer at a glance.</summary>
internal sealed class EmbeddedView(ProducerPipeline producer, TimeProvider time) : ITierView
{
    /// <summary>The name of the process.</summary>
    public const string Name = "embedded";

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public void KeepHistory() => producer.KeepHistory();

    /// <summary>Who looks at a stream keeps it open, and so what was observed of it.</summary>
    public Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken)
    {
        var asked = stream is null ? null : producer.Find(stream);
        if (asked is not null)
            producer.MarkUsed(asked.Stream);
        return Task.FromResult<IReadOnlyList<ProcessReport>>([ProcessReports.Of(Name, _startedAt, producer, asked)]);
    }
}
