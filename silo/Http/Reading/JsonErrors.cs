using System.Globalization;
using System.Text.Json;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Describes where a text stops being JSON.</summary>
internal static class JsonErrors
{
    /// <summary>Returns the reason with line and byte, both from 1; <paramref name="what"/> starts the sentence.</summary>
    public static string Describe(string what, JsonException error, long? line = null)
    {
        var reason = error.Message;
        var end = reason.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (end >= 0)
            reason = reason[..end];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what} is not JSON at line {line ?? error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: {reason}");
    }
}
