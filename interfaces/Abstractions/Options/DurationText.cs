using System.Globalization;

namespace Orleans.Kpl;

/// <summary>
/// Reads and writes durations as text: <c>100ms</c>, <c>5s</c>, <c>2m</c>, <c>1h</c>, <c>1d</c> and .NET's <c>00:00:05</c>. In settings a bare number is
/// milliseconds, as in KPL.
/// </summary>
internal static class DurationText
{
    private static readonly (string Unit, long Ticks)[] Units =
    [
        // "ms" before "m" and "s", because all three end alike.
        ("ms", TimeSpan.TicksPerMillisecond),
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Parses a duration. A value outside the range of <see cref="TimeSpan"/> becomes the longest or shortest one.</summary>
    /// <param name="text">The text; blanks around it, and between number and unit, are ignored.</param>
    /// <returns>False when the text is not a duration.</returns>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = default;
        var rest = text.AsSpan().Trim();
        if (rest.Contains(':'))
            return TimeSpan.TryParseExact(rest, "c", CultureInfo.InvariantCulture, out value);

        var ticksPerUnit = TimeSpan.TicksPerMillisecond;
        foreach (var (unit, ticks) in Units)
        {
            if (!rest.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                continue;
            ticksPerUnit = ticks;
            rest = rest[..^unit.Length].TrimEnd();
            break;
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (decimal.TryParse(rest, style, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue / ticksPerUnit)
        {
            value = new TimeSpan((long)(number * ticksPerUnit));
            return true;
        }

        // Either more than a TimeSpan holds, or not a number.
        if (!double.TryParse(rest, style, CultureInfo.InvariantCulture, out var large) || !double.IsFinite(large))
            return false;
        value = large < 0 ? TimeSpan.MinValue : TimeSpan.MaxValue;
        return true;
    }

    /// <summary>Parses a duration outside KPL's settings: a bare number could mean seconds as well as milliseconds, and only 0 is one.</summary>
    /// <inheritdoc cref="TryParse"/>
    public static bool TryParseWithUnit(string? text, out TimeSpan value) =>
        TryParse(text, out value)
        && (value == TimeSpan.Zero || text!.Contains(':', StringComparison.Ordinal) || char.IsAsciiLetter(text.AsSpan().TrimEnd()[^1]));

    /// <summary>Parses a duration outside KPL's settings that must lie within a range.</summary>
    /// <inheritdoc cref="TryParse"/>
    /// <returns>False when the text is no such duration; <see cref="Refuse"/> says why.</returns>
    public static bool TryParseWithUnit(string? text, TimeSpan least, TimeSpan most, out TimeSpan value) =>
        TryParseWithUnit(text, out value) && value >= least && value <= most;

    /// <summary>Says what is wrong with a duration that has no unit or is out of range; begins with the verb.</summary>
    /// <param name="example">A duration that would do.</param>
    public static string Refuse(string? text, TimeSpan least, TimeSpan most, string example) =>
        TryParse(text, out _) && !TryParseWithUnit(text, out _)
            ? $"has no unit: write {text!.Trim()}ms or {text.Trim()}s; m, h and d are units too"
            : $"is no duration from {Format(least)} to {Format(most)}, such as {example}";

    /// <summary>Writes a duration as a person says it: <c>100 milliseconds</c>, <c>1 second</c>, <c>24 days</c>.</summary>
    public static string InWords(TimeSpan value)
    {
        var text = Format(value);
        var digits = text.AsSpan().IndexOfAnyExceptInRange('-', '9');
        var (number, unit) = (text[..digits], text[digits..]);
        var word = unit switch { "ms" => "millisecond", "s" => "second", "m" => "minute", "h" => "hour", _ => "day" };
        return $"{number} {word}{(number == "1" ? "" : "s")}";
    }

    /// <summary>Writes a duration in the longest unit that holds it exactly: <c>100ms</c>, <c>30s</c>, <c>24d</c>.</summary>
    public static string Format(TimeSpan value)
    {
        if (value != TimeSpan.Zero)
        {
            foreach (var (unit, ticks) in Units.AsSpan(1))
            {
                if (value.Ticks % ticks == 0)
                    return (value.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return ((decimal)value.Ticks / TimeSpan.TicksPerMillisecond).ToString(CultureInfo.InvariantCulture) + "ms";
    }
}
