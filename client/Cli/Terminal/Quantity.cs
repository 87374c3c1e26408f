using System.Globalization;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Writes numbers with what they count.</summary>
internal static class Quantity
{
    /// <summary>Returns such as <c>1 record</c> or <c>2,000 records</c>; the plural adds an s.</summary>
    public static string Of(long count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {one}{(count == 1 ? "" : "s")}");
}
