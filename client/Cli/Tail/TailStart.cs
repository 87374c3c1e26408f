using System.Globalization;
using Orleans.Kpl.Aws.Operations;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Where reading begins: which shards are listed, and where each is entered.</summary>
/// <param name="Filter">The shards that can hold what is wanted.</param>
/// <param name="Position">Where each of them is entered; shards found later are read from their beginning.</param>
internal sealed record TailStart(ShardFilter Filter, ShardPosition Position)
{
    public static readonly TailStart Oldest = new(ShardFilter.FromTrimHorizon, ShardPosition.TrimHorizon);

    public static readonly TailStart Latest = new(ShardFilter.AtLatest, ShardPosition.Latest);

    /// <summary>Reads <c>start</c>, <c>latest</c>, an RFC 3339 time (UTC where it names no offset), or seconds since 1970.</summary>
    /// <returns>Null where the text is none of these.</returns>
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
            return seconds <= 253_402_300_799 ? DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(seconds * 1000)) : null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
