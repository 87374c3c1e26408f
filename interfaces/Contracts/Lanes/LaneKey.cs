using System.Globalization;

namespace Orleans.Kpl.Lanes;

/// <summary>
/// The key of an <see cref="IClientLane"/>: <c>LANE/STREAM</c>. A client sends all calls for one grain to one gateway, so it
/// distributes its load over several lanes.
/// </summary>
internal readonly record struct LaneKey(int Lane, string Stream)
{
    /// <exception cref="FormatException">The text is not such a key.</exception>
    public static LaneKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/');
        return slash > 0 && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var lane)
            ? new LaneKey(lane, text[(slash + 1)..])
            : throw new FormatException($"'{text}' is no LANE/STREAM");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Lane}/{Stream}");
}
