using System.Text;
using System.Text.Json;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>
/// Reads the entries of PutRecords as nearly every SDK writes them, <c>{"Data":"…","PartitionKey":"…"}</c>, in any order and also with a hash key. A JSON
/// reader takes longer than the rest of reading a small record. It takes over at the first entry that is written in another way.
/// </summary>
internal ref struct PlainEntries(Memory<byte> body, int start, PutCall call, Span<byte> scratch)
{
    private readonly Memory<byte> _memory = body;
    private readonly ReadOnlySpan<byte> _body = body.Span;
    private readonly PutCall _call = call;
    private readonly Span<byte> _scratch = scratch;
    private int _at = start;

    /// <summary>The state of a JSON reader behind an entry.</summary>
    public static JsonReaderState Behind { get; } = StateBehind("{\"Records\":[{}"u8);

    /// <summary>Reads entries, as many as are plain.</summary>
    /// <param name="start">Where the array of the entries begins, behind its bracket; the array is a member of the body's object.</param>
    /// <param name="scratch">Memory to decode in, of <see cref="Base64InPlace.ScratchBytes"/> at least.</param>
    /// <returns>Where the last of them ends, before any comma; <paramref name="start"/> where there is none.</returns>
    /// <exception cref="FrontException">The data of an entry is no base64.</exception>
    public static int Read(Memory<byte> body, int start, PutCall call, Span<byte> scratch)
    {
        var entries = new PlainEntries(body, start, call, scratch);
        var end = start;
        while (entries.TryReadUsual() || entries.TryReadOne())
        {
            end = entries._at;
            if (!entries.Skip((byte)','))
                break;
        }

        return end;
    }

    /// <summary>Reads an entry that has data and then a key, without a blank. The place stays where it is another one.</summary>
    private bool TryReadUsual()
    {
        var rest = _body[_at..];
        if (!rest.StartsWith("{\"Data\":\""u8))
            return false;
        rest = rest["{\"Data\":\"".Length..];
        var dataAt = _body.Length - rest.Length;
        var dataLength = rest.IndexOfAnyExcept(Base64InPlace.Characters);
        if (dataLength < 0 || !rest[dataLength..].StartsWith("\",\"PartitionKey\":\""u8))
            return false;
        rest = rest[(dataLength + "\",\"PartitionKey\":\"".Length)..];
        var keyLength = rest.IndexOfAnyExcept(PlainText.Bytes);
        if (keyLength < 0 || !rest[keyLength..].StartsWith("\"}"u8))
            return false;
        Add(rest[..keyLength], dataAt..(dataAt + dataLength), null);
        _at = _body.Length - rest.Length + keyLength + "\"}".Length;
        return true;
    }

    /// <summary>Adds an entry. Its data is decoded only here: what is left to the reader of JSON must be as it came.</summary>
    private readonly void Add(ReadOnlySpan<byte> key, Range data, string? hashKey)
    {
        var place = _memory[data];
        if (!Base64InPlace.TryDecodeWithBlanks(place.Span, _scratch, out var length))
            throw FrontErrors.NoBase64();
        _call.Add(new PutEntry(Encoding.ASCII.GetString(key), place[..length], hashKey));
    }

    private bool TryReadOne()
    {
        if (!Skip((byte)'{'))
            return false;
        Range data = default, key = default, hashKey = default;
        var seen = Members.None;
        do
        {
            if (!TryReadString(out var name) || !Skip((byte)':') || !TryReadString(out var value))
                return false;
            var member = MemberOf(_body[name]);
            // Of a member that comes twice the last one counts, and another one may be anything: the reader of JSON knows.
            if (member == Members.None || (seen & member) != 0)
                return false;
            seen |= member;
            if (member == Members.Data)
                data = value;
            else if (member == Members.Key)
                key = value;
            else
                hashKey = value;
        }
        while (Skip((byte)','));

        if ((seen & Members.Needed) != Members.Needed || !Skip((byte)'}'))
            return false;
        Add(_body[key], data, (seen & Members.HashKey) == 0 ? null : Encoding.ASCII.GetString(_body[hashKey]));
        return true;
    }

    private static Members MemberOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("Data"u8) ? Members.Data
        : name.SequenceEqual("PartitionKey"u8) ? Members.Key
        : name.SequenceEqual("ExplicitHashKey"u8) ? Members.HashKey
        : Members.None;

    /// <summary>Passes a character and the blanks before it; the place stays where another one stands there.</summary>
    private bool Skip(byte expected)
    {
        var at = _at;
        while (at < _body.Length && _body[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            at++;
        if (at == _body.Length || _body[at] != expected)
            return false;
        _at = at + 1;
        return true;
    }

    private bool TryReadString(out Range text)
    {
        text = default;
        if (!Skip((byte)'"'))
            return false;
        var rest = _body[_at..];
        var length = rest.IndexOfAnyExcept(PlainText.Bytes);
        if (length < 0 || rest[length] != '"')
            return false;
        text = _at..(_at + length);
        _at += length + 1;
        return true;
    }

    private static JsonReaderState StateBehind(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, isFinalBlock: false, default);
        while (reader.BytesConsumed < text.Length)
            reader.Read();
        return reader.CurrentState;
    }

    [Flags]
    private enum Members
    {
        None = 0,
        Data = 1,
        Key = 2,
        HashKey = 4,
        Needed = Data | Key,
    }
}
