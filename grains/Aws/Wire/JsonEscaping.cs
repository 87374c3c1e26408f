using System.Buffers;

namespace Orleans.Kpl.Aws.Wire;

/// <summary>Writes UTF-8 text as the inside of a JSON string: escapes quotes, backslashes and control characters, nothing else.</summary>
internal static class JsonEscaping
{
    /// <summary>The most bytes that one byte of text can take when escaped.</summary>
    public const int MaxExpansion = 6;

    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        (byte)'"', (byte)'\\',
    ]);

    /// <summary>Writes the text and returns the bytes written; the destination must have <see cref="MaxExpansion"/> times the text's length.</summary>
    public static int Write(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var clean = text.IndexOfAny(Escaped);
            if (clean < 0)
            {
                text.CopyTo(destination[written..]);
                return written + text.Length;
            }

            text[..clean].CopyTo(destination[written..]);
            written += clean;
            written += WriteEscape(text[clean], destination[written..]);
            text = text[(clean + 1)..];
        }
    }

    private static int WriteEscape(byte value, Span<byte> destination)
    {
        if (value is (byte)'"' or (byte)'\\')
        {
            destination[0] = (byte)'\\';
            destination[1] = value;
            return 2;
        }

        "\\u00"u8.CopyTo(destination);
        Convert.TryToHexStringLower([value], destination[4..], out _);
        return 6;
    }
}
