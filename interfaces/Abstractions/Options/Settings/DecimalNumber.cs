using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>A number that need not be whole.</summary>
/// <param name="min">The smallest.</param>
/// <param name="max">The largest.</param>
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
