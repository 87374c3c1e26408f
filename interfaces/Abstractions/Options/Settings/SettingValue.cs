using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>The kind of value a setting takes: how it is read, written and bounded.</summary>
internal abstract class SettingValue<T>
{
    /// <summary>A human-readable description of the expected text: "a duration such as 100ms".</summary>
    public abstract string Expected { get; }

    /// <summary>The allowed values, in human-readable form.</summary>
    public abstract string Range { get; }

    /// <summary>The value that every larger one is taken as, in words; null where larger ones are refused, or there is no order.</summary>
    public virtual string? Cap => null;

    /// <summary>Whether a value must not be shown.</summary>
    public virtual bool IsSecret => false;

    /// <summary>Whether a text that was given for it must not be shown.</summary>
    public virtual bool Hides(string text) => IsSecret;

    /// <summary>Whether it is a list with commas between its entries.</summary>
    public virtual bool IsList => false;

    /// <summary>Describes what is wrong with a value that is not allowed.</summary>
    public virtual string Refusal(T value) => $"allowed is {Range}";

    /// <summary>Parses a value; false when the text is not of this kind. Does not check the range.</summary>
    public abstract bool TryParse(string text, out T value);

    public abstract string Format(T value);

    public abstract bool IsAllowed(T value);

    /// <summary>Replaces a value above the range by the maximum, if this kind of value is capped.</summary>
    public virtual bool TryCap(T value, out T capped)
    {
        capped = value;
        return false;
    }
}

/// <summary>A value within a range.</summary>
/// <param name="caps">
/// Whether a larger value becomes <paramref name="max"/>, with a warning: for values that KPL or a peer allows but Kinesis or a timer
/// does not.
/// </param>
internal abstract class OrderedValue<T>(T min, T max, bool caps) : SettingValue<T>
    where T : IComparable<T>
{
    public T Min => min;

    public T Max => max;

    public override string Range => IsUnbounded ? $"at least {InWords(min)}" : BeginsAtNone ? $"at most {InWords(max)}" : $"{Start} to {InWords(max)}";

    public override string? Cap => caps ? InWords(max) : null;

    /// <summary>Whether the largest value is only the largest that the type holds.</summary>
    protected virtual bool IsUnbounded => false;

    /// <summary>Whether the range begins at zero of something, so that only its end is worth a word.</summary>
    protected virtual bool BeginsAtNone => min.CompareTo(default) == 0;

    /// <summary>The smallest value as the range begins with it.</summary>
    protected virtual string Start => Format(min);

    public override string Refusal(T value) =>
        BeginsAtNone && !IsUnbounded && value.CompareTo(min) < 0 ? $"allowed is {Range}, and not less than 0" : base.Refusal(value);

    /// <summary>The value as a person says it, with its unit.</summary>
    protected abstract string InWords(T value);

    public override bool IsAllowed(T value) => value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0;

    public override bool TryCap(T value, out T capped)
    {
        capped = max;
        return caps && value.CompareTo(max) > 0;
    }
}

/// <summary>A whole number.</summary>
/// <param name="max">The largest; <see cref="long.MaxValue"/> for none.</param>
/// <param name="unit">What is counted, in the plural; empty where the number counts nothing, such as a port.</param>
internal sealed class WholeNumber(long min, long max, bool caps = false, string unit = "") : OrderedValue<long>(min, max, caps)
{
    /// <summary>A port; 0 takes a free one.</summary>
    public static WholeNumber Port { get; } = new(0, ushort.MaxValue);

    /// <summary>The port of a server elsewhere.</summary>
    public static WholeNumber PortElsewhere { get; } = new(1, ushort.MaxValue);

    public override string Expected => "a whole number";

    protected override bool IsUnbounded => Max == long.MaxValue;

    protected override bool BeginsAtNone => unit.Length > 0 && Min == 0;

    protected override string InWords(long value) =>
        unit.Length == 0 ? Format(value) : $"{Format(value)} {(value == 1 && unit.EndsWith('s') ? unit[..^1] : unit)}";

    public override bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out value);

    public override string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A number that need not be whole.</summary>
/// <param name="unit">What is counted, in the plural.</param>
internal sealed class DecimalNumber(double min, double max, string unit) : OrderedValue<double>(min, max, caps: false)
{
    public override string Expected => "a number such as 0.625";

    protected override string InWords(double value) => $"{Format(value)} {unit}";

    public override bool TryParse(string text, out double value) => double.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    public override string Format(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A duration in the text form of <see cref="DurationText"/>.</summary>
internal sealed class Duration(TimeSpan min, TimeSpan max, bool caps = false) : OrderedValue<TimeSpan>(min, max, caps)
{
    public override string Expected => "a duration such as 250 (milliseconds), 100ms, 5s, 2m or 1h";

    public override bool TryParse(string text, out TimeSpan value) => DurationText.TryParse(text, out value);

    protected override string Start => InWords(Min);

    protected override string InWords(TimeSpan value) => DurationText.InWords(value);

    public override string Format(TimeSpan value) => DurationText.Format(value);
}
