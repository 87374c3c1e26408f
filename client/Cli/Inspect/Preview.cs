using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Formats bytes for people, cut to a length that fits a line.</summary>
internal static class Preview
{
    private const int LongestText = 48;
    private const int MostBytes = 12;

    /// <summary>Formats bytes as quoted text if they are printable UTF-8, otherwise as hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var isCut = bytes.Length > LongestText;
        var shown = isCut ? CutAtCharacter(bytes) : bytes;
        if (!Utf8.IsValid(shown))
            return Hex(bytes);
        var text = Encoding.UTF8.GetString(shown);
        return text.Any(static c => char.IsControl(c) && c is not '\t') ? Hex(bytes) : $"'{text}'{(isCut ? "..." : "")}";
    }

    /// <summary>Formats a number of bytes with its unit.</summary>
    public static string Bytes(int count) => $"{count} {(count == 1 ? "byte" : "bytes")}";

    /// <summary>Formats the first bytes in hexadecimal.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = string.Join(' ', bytes[..Math.Min(MostBytes, bytes.Length)].ToArray().Select(static b => b.ToString("x2")));
        return bytes.Length > MostBytes ? $"{text} ..." : text;
    }

    private static ReadOnlySpan<byte> CutAtCharacter(ReadOnlySpan<byte> bytes)
    {
        var length = LongestText;
        while (length > LongestText - 4 && (bytes[length] & 0xc0) == 0x80)
            length--;
        return bytes[..length];
    }
}
