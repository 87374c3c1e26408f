using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Reads strings that may be no Unicode text. <see cref="Utf8JsonReader"/> throws for those, and keeps the array that it unescaped a long one into: a
/// client that sends them again and again would empty the pool.
/// </summary>
internal static class JsonText
{
    /// <summary>Why data is refused that is no Unicode text: <see cref="Utf8JsonReader"/> looks at the bytes of no string that it passes over.</summary>
    public const string NoUtf8 = "the payload is not valid UTF-8; data that is no text goes in base64, or as it is with X-Partition-Key";

    /// <summary>Characters of <c>\uXXXX</c>.</summary>
    private const int EscapeLength = 6;

    /// <summary>Returns the string, or the name of a member, at which the reader stands; null where it is no Unicode text.</summary>
    public static string? Read(ref Utf8JsonReader reader) => IsText(ref reader) ? reader.GetString() : null;

    /// <summary>Whether that string is Unicode text: valid UTF-8, without half of a surrogate pair. Never throws.</summary>
    public static bool IsText(ref Utf8JsonReader reader) =>
        Utf8.IsValid(reader.ValueSpan) && (!reader.ValueIsEscaped || ArePaired(reader.ValueSpan));

    /// <summary>Whether each escaped surrogate has its other half. The reader has made sure that escapes are whole.</summary>
    private static bool ArePaired(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'\\') is var at and >= 0)
        {
            text = text[at..];
            if (text[1] != 'u')
            {
                text = text[2..];
                continue;
            }

            var first = CodeOf(text);
            text = text[EscapeLength..];
            if (!char.IsSurrogate(first))
                continue;
            if (text is not [(byte)'\\', (byte)'u', ..] || !char.IsSurrogatePair(first, CodeOf(text)))
                return false;
            text = text[EscapeLength..];
        }

        return true;
    }

    private static char CodeOf(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

/// <summary>Recognizes text that a JSON string has as it stands: printable ASCII without quote and backslash.</summary>
internal static class PlainText
{
    public static readonly SearchValues<byte> Bytes = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (byte)c).Where(static c => c is not ((byte)'"' or (byte)'\\'))]);

    private static readonly SearchValues<char> Characters = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (char)c).Where(static c => c is not ('"' or '\\'))]);

    public static bool Is(string text) => !text.AsSpan().ContainsAnyExcept(Characters);
}
