using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// Reads a line as nearly every program writes it, <c>{"partition_key":"…","data":"…"}</c>, without a JSON reader: that costs more than all the rest of a
/// small record. Any other line is left to <see cref="EventReader"/>, untouched.
/// </summary>
internal ref struct Base64Line
{
    public const string NoBase64 = "data must be a string of base64";

    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private Base64Line(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>Reads the line that a text begins with.</summary>
    /// <param name="text">The text. The data is decoded where it stands.</param>
    /// <param name="scratch">Memory to decode in, of <see cref="Base64InPlace.ScratchBytes"/> at least.</param>
    /// <param name="data">The data, which is a part of the text; null where it is no base64.</param>
    /// <returns>The bytes of the line with its end; 0 where it is written in another way.</returns>
    public static int TryRead(ReadOnlyMemory<byte> text, Span<byte> scratch, out string key, out ReadOnlyMemory<byte>? data)
    {
        (key, data) = ("", null);
        var line = new Base64Line(text.Span);
        if (!line.Skip("{\"partition_key\":"u8) || !line.SkipString(PlainText.Bytes, out var name) || !line.Skip(","u8))
            return 0;
        line.SkipOne(' ');
        if (!line.Skip("\"data\":"u8) || !line.SkipString(Base64InPlace.Characters, out var value) || !line.Skip("}"u8) || !line.SkipEnd())
            return 0;

        key = Encoding.ASCII.GetString(text.Span[name]);
        var place = MemoryMarshal.AsMemory(text[value]);
        if (Base64InPlace.TryDecode(place.Span, scratch, out var length))
            data = place[..length];
        return line._at;
    }

    private bool Skip(ReadOnlySpan<byte> expected)
    {
        if (!_text[_at..].StartsWith(expected))
            return false;
        _at += expected.Length;
        return true;
    }

    private bool SkipOne(char letter)
    {
        if (_at == _text.Length || _text[_at] != letter)
            return false;
        _at++;
        return true;
    }

    /// <summary>Passes a string of such characters only.</summary>
    private bool SkipString(SearchValues<byte> characters, out Range value)
    {
        value = default;
        SkipOne(' ');
        if (!SkipOne('"'))
            return false;
        var start = _at;
        var length = _text[start..].IndexOfAnyExcept(characters);
        if (length < 0 || _text[start + length] != '"')
            return false;
        value = start..(start + length);
        _at += length + 1;
        return true;
    }

    /// <summary>Passes the end of the line; false where something else follows.</summary>
    private bool SkipEnd()
    {
        SkipOne('\r');
        return _at == _text.Length || SkipOne('\n');
    }
}
