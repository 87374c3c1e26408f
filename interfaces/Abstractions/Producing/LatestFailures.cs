using System.Globalization;

namespace Orleans.Kpl;

/// <summary>The latest records that ended without success, all with the same error code. They are reported until five minutes after the last of them.</summary>
public sealed record LatestFailures
{
    /// <summary>Their error code, such as <see cref="RecordErrorCodes.Expired"/> or one of Kinesis' own.</summary>
    public required string Code { get; init; }

    /// <summary>Their streams, in the order of the names.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>The number of these records since <see cref="FirstAt"/>, including those with status <see cref="RecordStatus.Unknown"/>.</summary>
    public long Count { get; init; }

    /// <summary>When the first of them ended.</summary>
    public DateTimeOffset FirstAt { get; init; }

    /// <summary>When the last of them ended.</summary>
    public DateTimeOffset LastAt { get; init; }

    /// <summary>When they are no longer reported, unless another one follows: five minutes after <see cref="LastAt"/>.</summary>
    public DateTimeOffset Until => LastAt + NewsFor;

    /// <summary>
    /// Whether Kinesis does not know these streams, the settings do not name them, and they never took a record from this process: they may be names that
    /// somebody else misspelt.
    /// </summary>
    internal bool AreOfStrangers { get; init; }

    /// <summary>Returns the values as text, with the names of the streams.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"LatestFailures {{ Code = {Code}, Streams = [{string.Join(", ", Streams)}], Count = {Count}, "
        + $"FirstAt = {FirstAt:O}, LastAt = {LastAt:O}, Until = {Until:O} }}");

    /// <summary>How long a failure is news.</summary>
    internal static readonly TimeSpan NewsFor = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Finds what is to be told of the failures of several streams or processes: those of the code that came last, of all of them together. Strangers' streams
    /// hide no others.
    /// </summary>
    /// <returns>Null where none is news.</returns>
    internal static LatestFailures? Latest(IEnumerable<LatestFailures> all, DateTimeOffset now)
    {
        LatestFailures[] news = [.. all.Where(f => now < f.Until)];
        if (news.MaxBy(static f => (!f.AreOfStrangers, f.LastAt)) is not { } latest)
            return null;
        LatestFailures[] same = [.. news.Where(f => f.Code == latest.Code && f.AreOfStrangers == latest.AreOfStrangers)];
        return latest with
        {
            Streams = [.. same.SelectMany(static f => f.Streams).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Count = same.Sum(static f => f.Count),
            FirstAt = same.Min(static f => f.FirstAt),
        };
    }
}
