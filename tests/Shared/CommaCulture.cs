using System.Globalization;

namespace Orleans.Kpl.Testing;

/// <summary>A culture that writes 2,5 for two and a half, until it is disposed.</summary>
internal sealed class CommaCulture : IDisposable
{
    private readonly CultureInfo _former = CultureInfo.CurrentCulture;

    public CommaCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.PercentDecimalSeparator) = (",", ",");
        culture.NumberFormat.PercentPositivePattern = 1;
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = _former;
}
