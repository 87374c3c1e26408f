namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>What tells one value from others: the metric's name and its dimensions.</summary>
internal sealed class SeriesKey : IEquatable<SeriesKey>
{
    private readonly string _text;

    public SeriesKey(string name, IEnumerable<KeyValuePair<string, string>> dimensions)
    {
        Dimensions = [.. dimensions];
        _text = $"{name}\n{string.Join('\n', Dimensions.Select(static d => $"{d.Key}={d.Value}"))}";
    }

    public SeriesKey(MetricSeries series)
        : this(series.Name, series.Dimensions)
    {
    }

    /// <summary>The dimensions.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Dimensions { get; }

    /// <inheritdoc />
    public bool Equals(SeriesKey? other) => other is not null && other._text == _text;

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SeriesKey);

    /// <inheritdoc />
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}
