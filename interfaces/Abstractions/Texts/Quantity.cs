using static System.FormattableString;

namespace Orleans.Kpl.Texts;

/// <summary>Writes numbers with what they count.</summary>
internal static class Quantity
{
    /// <summary>Returns such as <c>1 record</c> or <c>2,000 records</c>; the plural adds an s.</summary>
    public static string Of(long count, string one) => Invariant($"{count:N0} {one}{(count == 1 ? "" : "s")}");

    /// <summary>Returns a time in its two largest units, such as <c>6 min 26 s</c> or <c>3 d 4 h</c>.</summary>
    public static string OfTime(TimeSpan time)
    {
        var t = time < TimeSpan.Zero ? TimeSpan.Zero : time;
        return t.TotalMinutes < 1 ? Invariant($"{t.Seconds} s")
            : t.TotalHours < 1 ? Invariant($"{t.Minutes} min {t.Seconds} s")
            : t.TotalDays < 1 ? Invariant($"{t.Hours} h {t.Minutes} min")
            : Invariant($"{(int)t.TotalDays} d {t.Hours} h");
    }
}
