using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>A number that need not be whole.</summary>
internal sealed class DecimalNumber(double min, double max) : OrderedValue<double>(min, max, caps: false)
{
    public override string Expected => "a number such as 0.625";

    public override bool TryParse(string text, out double value) => double.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
        CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    public override string Format(double value) => value.ToString(CultureInfo.InvariantCulture);
}
