using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>
/// Reads the entries of PutRecords as nearly every SDK writes them, <c>{"Data":"…","PartitionKey":"…"}</c>, in any order and also with a hash key. A JSON
/// reader takes longer than the rest of reading a small record. It takes over at the first entry that is written in another way.
/// </summary>
internal ref struct PlainEntries
{
    // Printable ASCII without quote and backslash: what a string has as it stands.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(static c => (byte)c).Where(static c => c is not ((byte)'"' or (byte)'\\'))]);

    private readonly ReadOnlySpan<byte> _body;
    private readonly PutCall _call;
    private int _at;

    private PlainEntries(ReadOnlySpan<byte> body, int start, PutCall call)
    {
        _body = body;
        _call = call;
        _at = start;
    }

    /// <summary>The state of a JSON reader behind an entry.</summary>
    public static JsonReaderState Behind { get; } = StateBehind("{\"Records\":[{}"u8);

    /// <summary>Reads entries, as many as are plain.</summary>
    /// <param name="start">Where the array of the entries begins, behind its bracket; the array is a member of the body's object.</param>
    /// <returns>Where the last of them ends, before any comma; <paramref name="start"/> where there is none.</returns>
    public static int Read(ReadOnlySpan<byte> body, int start, PutCall call)
    {
        var entries = new PlainEntries(body, start, call);
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
        var dataLength = rest.IndexOf((byte)'"');
        if (dataLength < 0)
            return false;
        var data = rest[..dataLength];
        rest = rest[dataLength..];
        if (!rest.StartsWith("\",\"PartitionKey\":\""u8))
            return false;
        rest = rest["\",\"PartitionKey\":\"".Length..];
        var keyLength = rest.IndexOfAnyExcept(Plain);
        if (keyLength < 0 || !rest[keyLength..].StartsWith("\"}"u8) || !TryDecode(data, out var decoded))
            return false;
        _call.Add(new PutEntry(Encoding.ASCII.GetString(rest[..keyLength]), decoded, null));
        _at = _body.Length - rest.Length + keyLength + "\"}".Length;
        return true;
    }

    /// <summary>Decodes base64 without blanks. .NET passes over them, and JSON does not allow all of them: four at least make data shorter.</summary>
    private readonly bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> data)
    {
        data = default;
        if (Base64.DecodeFromUtf8(text, _call.Free(_body.Length).Span, out _, out var written) != OperationStatus.Done
            || text.Length % 4 != 0 || written <= (text.Length / 4 * 3) - 3)
            return false;
        data = _call.Keep(written);
        return true;
    }

    private bool TryReadOne()
    {
        if (!Skip((byte)'{'))
            return false;
        ReadOnlySpan<byte> data = default, key = default, hashKey = default;
        var seen = Members.None;
        do
        {
            if (!TryReadString(out var name) || !Skip((byte)':') || !TryReadString(out var value))
                return false;
            var member = MemberOf(name);
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

        if ((seen & Members.Needed) != Members.Needed || !Skip((byte)'}')
            || Base64.DecodeFromUtf8(data, _call.Free(_body.Length).Span, out _, out var written) != OperationStatus.Done)
            return false;
        var hash = (seen & Members.HashKey) == 0 ? null : Encoding.ASCII.GetString(hashKey);
        _call.Add(new PutEntry(Encoding.ASCII.GetString(key), _call.Keep(written), hash));
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

    private bool TryReadString(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Skip((byte)'"'))
            return false;
        var rest = _body[_at..];
        var length = rest.IndexOfAnyExcept(Plain);
        if (length < 0 || rest[length] != '"')
            return false;
        text = rest[..length];
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
