using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>A value between two others.</summary>
/// <param name="min">The smallest.</param>
/// <param name="max">The largest.</param>
/// <param name="caps">
/// Whether a larger one is taken as <paramref name="max"/> with a warning: for what KPL or a peer allows and Kinesis or a
/// timer does not.
/// </param>
internal abstract class OrderedValue<T>(T min, T max, bool caps) : SettingValue<T>
    where T : IComparable<T>
{
    public T Min => min;

    public T Max => max;

    public bool Caps => caps;

    public override string Range => $"{Format(min)} to {Format(max)}{(caps ? ", more counts as that" : "")}";

    public override bool IsAllowed(T value) => value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0;

    public override bool TryCap(T value, out T capped)
    {
        capped = max;
        return caps && value.CompareTo(max) > 0;
    }
}

/// <summary>A whole number.</summary>
internal sealed class WholeNumber(long min, long max, bool caps = false) : OrderedValue<long>(min, max, caps)
{
    public override string Expected => "a whole number";

    public override bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value);

    public override string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A duration, written as <see cref="DurationText"/> says.</summary>
internal sealed class Duration(TimeSpan min, TimeSpan max, bool caps = false) : OrderedValue<TimeSpan>(min, max, caps)
{
    public override string Expected => "a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h";

    public override bool TryParse(string text, out TimeSpan value) => DurationText.TryParse(text, out value);

    public override string Format(TimeSpan value) => DurationText.Format(value);
}
