using System.Globalization;

namespace Orleans.Kpl.Metrics;

/// <summary>The values of one metric with one set of dimensions, as CloudWatch keeps them: a statistic set.</summary>
public sealed record MetricSeries
{
    /// <summary>The metric's name, such as <c>UserRecordsPut</c>; docs/metrics.md has them all.</summary>
    public required string Name { get; init; }

    /// <summary>CloudWatch's name of the unit: <c>Count</c>, <c>Bytes</c>, <c>Milliseconds</c>, <c>Seconds</c> or <c>None</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>
    /// The dimensions in KPL's order: <c>ErrorCode</c>, <c>Result</c> or <c>Sink</c>, <c>StreamName</c>, <c>ShardId</c>. Empty for the whole process.
    /// </summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Dimensions { get; init; }

    /// <summary>The sum of the values.</summary>
    public required double Sum { get; init; }

    /// <summary>How many values there were, never 0. A failed record is a value 0 of <c>UserRecordsPut</c>, so that the mean is the success rate.</summary>
    public required long Count { get; init; }

    /// <summary>The smallest value.</summary>
    public required double Minimum { get; init; }

    /// <summary>The largest value.</summary>
    public required double Maximum { get; init; }

    /// <summary>How many values lie in each bucket of a distribution, for sinks that need them; the bounds are those of its unit.</summary>
    internal long[]? Buckets { get; init; }

    /// <summary>Whether it is what a gauge told last, to which nothing is added.</summary>
    internal bool IsState { get; init; }

    /// <summary>The mean of the values.</summary>
    public double Mean => Sum / Count;

    /// <summary>Tells one series from others: the metric's name and its dimensions.</summary>
    internal static string KeyOf(string name, IEnumerable<KeyValuePair<string, string>> dimensions) =>
        $"{name}\n{string.Join('\n', dimensions.Select(static d => $"{d.Key}={d.Value}"))}";

    /// <summary>Adds the values to those of the same series. Of two states the newer one stays.</summary>
    /// <param name="isOlder">Whether these values are older than the others.</param>
    internal void AddTo(Dictionary<string, MetricSeries> all, bool isOlder = false)
    {
        var key = KeyOf(Name, Dimensions);
        all[key] = !all.TryGetValue(key, out var others) ? this : !IsState ? others.With(this) : isOlder ? others : this;
    }

    /// <summary>Returns the values of both.</summary>
    private MetricSeries With(MetricSeries other) => this with
    {
        Sum = Sum + other.Sum,
        Count = Count + other.Count,
        Minimum = Math.Min(Minimum, other.Minimum),
        Maximum = Math.Max(Maximum, other.Maximum),
        Buckets = Buckets is { } some && other.Buckets is { } more ? [.. some.Zip(more, static (a, b) => a + b)] : null,
    };

    /// <summary>Returns name, dimensions and values in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}{{{string.Join(',', Dimensions.Select(static d => $"{d.Key}={d.Value}"))}}} sum {Sum} count {Count} minimum {Minimum} maximum {Maximum}");
}
