using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>A whole number.</summary>
/// <param name="min">The smallest.</param>
/// <param name="max">The largest; <see cref="long.MaxValue"/> for none.</param>
/// <param name="caps">Whether a larger number becomes <paramref name="max"/>, with a warning.</param>
/// <param name="unit">What is counted, in the plural; empty where the number counts nothing, such as a port.</param>
internal sealed class WholeNumber(long min, long max, bool caps = false, string unit = "") : OrderedValue<long>(min, max, caps)
{
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
