using System.Globalization;
using Orleans.Kpl.Aws.Operations;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>The start of reading: which shards are listed, and the position in each.</summary>
/// <param name="Filter">Selects the shards that can hold the requested records.</param>
/// <param name="Position">The position where each listed shard is read from; shards found later are read from their beginning.</param>
internal sealed record TailStart(ShardFilter Filter, ShardPosition Position)
{
    public static readonly TailStart Oldest = new(ShardFilter.FromTrimHorizon, ShardPosition.TrimHorizon);

    public static readonly TailStart Latest = new(ShardFilter.AtLatest, ShardPosition.Latest);

    /// <summary>Parses <c>start</c>, <c>latest</c>, an RFC 3339 time (UTC if it has no offset), or seconds since 1970.</summary>
    /// <returns>Null if the text is none of these.</returns>
    public static TailStart? Parse(string text)
    {
        if (text.Equals("start", StringComparison.OrdinalIgnoreCase))
            return Oldest;
        if (text.Equals("latest", StringComparison.OrdinalIgnoreCase))
            return Latest;
        return ParseTime(text) is { } time ? new TailStart(ShardFilter.FromTimestamp(time), ShardPosition.AtTimestamp(time)) : null;
    }

    private static DateTimeOffset? ParseTime(string text)
    {
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            return seconds is >= 0 and <= 253_402_300_799 ? DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(seconds * 1000)) : null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
