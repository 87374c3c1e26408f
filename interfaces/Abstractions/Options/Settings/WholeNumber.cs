using System.Globalization;

namespace Orleans.Kpl.Settings;

/// <summary>A whole number.</summary>
internal sealed class WholeNumber(long min, long max, bool caps = false) : OrderedValue<long>(min, max, caps)
{
    public override string Expected => "a whole number";

    public override bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out value);

    public override string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}
