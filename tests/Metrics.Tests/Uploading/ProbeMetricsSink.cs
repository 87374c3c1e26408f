namespace Orleans.Kpl.Metrics.Tests.Uploading;

/// <summary>Keeps what is uploaded, and fails as it is told.</summary>
internal sealed class ProbeMetricsSink : IMetricsSink
{
    public string Name => "Probe";

    /// <summary>How many of the next calls fail.</summary>
    public int Failures { get; set; }

    public Func<MetricSeries, bool>? GivesBack { get; set; }

    public int Calls { get; private set; }

    public List<IReadOnlyList<MetricSeries>> Uploads { get; } = [];

    /// <summary>The sum of a metric of the whole process in one upload.</summary>
    public double SumOf(int upload, string name) => Uploads[upload].Single(m => m.Name == name && m.Dimensions.Count == 0).Sum;

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        Calls++;
        if (Failures > 0)
        {
            Failures--;
            throw new InvalidOperationException("not now");
        }

        Uploads.Add(metrics);
        return Task.FromResult<IReadOnlyList<MetricSeries>>(GivesBack is { } gives ? [.. metrics.Where(gives)] : []);
    }
}
