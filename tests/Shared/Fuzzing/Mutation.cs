using System.Text;

namespace Orleans.Kpl.Testing.Fuzzing;

/// <summary>Damages bytes in the ways that find defects in readers of text and of binary formats.</summary>
internal static class Mutation
{
    private static readonly byte[][] Pieces = [.. new[]
    {
        "\"", "\\", "\\u", "\\ud800", "\\udc00", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "\r\n\r\n", "\0", " ", "\t", "null", "true", "-0", "1e999", "0.0",
        "340282366920938463463374607431768211456", "-1", "9223372036854775808", "\uFEFF", "\uFFFD", "é", "🙂", "/*", "%00", "%2F", "=", "==", ";", "~1",
    }.Select(Encoding.UTF8.GetBytes), [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xBF], [0x9F, 0xFF], [0x7F], [0x80], [0xFB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0]];

    /// <summary>Returns a copy with one to six changes; seldom one without any.</summary>
    public static byte[] Of(Random random, byte[] good)
    {
        if (random.Next(50) == 0)
            return [.. good];
        var bytes = new List<byte>(good);
        for (var changes = random.Next(1, 7); changes > 0 && bytes.Count > 0; changes--)
            Change(random, bytes);
        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count);
        var length = Math.Min(random.Next(4) == 0 ? random.Next(bytes.Count + 1) : random.Next(1, 9), bytes.Count - at);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3 when bytes.Count < 64 << 10:
                bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(at, Enumerable.Repeat(bytes[at], random.Next(1, 200)));
                break;
            default:
                bytes.InsertRange(at, Pieces[random.Next(Pieces.Length)]);
                break;
        }
    }
}
