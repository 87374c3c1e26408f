using System.Buffers;
using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Writes data for a terminal: whoever may put a record must not move its cursor, name its window or answer for it.</summary>
internal static class TerminalText
{
    /// <summary>Writes text as it stands, and each control but tab and line end as <c>\u001b</c>. What is no UTF-8 becomes U+FFFD.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        Span<byte> letter = stackalloc byte[8];
        while (!data.IsEmpty)
        {
            Rune.DecodeFromUtf8(data, out var rune, out var length);
            data = data[length..];
            if (Rune.IsControl(rune) && rune.Value is not ('\t' or '\n'))
                output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}")));
            else
                output.Write(letter[..rune.EncodeToUtf8(letter)]);
        }
    }
}
