using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Reads PutRecord and PutRecords from JSON in one pass. Unknown members are passed over, as Kinesis does.</summary>
internal ref struct PutJson
{
    private readonly Memory<byte> _body;
    private readonly PutCall _call;
    private readonly Span<byte> _scratch;
    private Utf8JsonReader _json;

    private PutJson(Memory<byte> body, PutCall call, Span<byte> scratch)
    {
        _body = body;
        _call = call;
        _scratch = scratch;
        _json = new Utf8JsonReader(body.Span);
    }

    /// <summary>Reads a request.</summary>
    /// <param name="body">The body. The data of the records is decoded where it stands.</param>
    /// <param name="isSingle">Whether it is one of PutRecord.</param>
    /// <exception cref="FrontException">The body is not such a request.</exception>
    public static void Read(ReadOnlyMemory<byte> body, bool isSingle, PutCall call)
    {
        try
        {
            new PutJson(MemoryMarshal.AsMemory(body), call, stackalloc byte[Base64InPlace.ScratchBytes]).Read(isSingle);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw FrontErrors.Serialization("The body is not the JSON of such a request.");
        }
    }

    private void Read(bool isSingle)
    {
        PutEntry entry = default;
        Expect(JsonTokenType.StartObject);
        while (NextMember())
        {
            if (isSingle && TryReadMember(ref entry))
                continue;
            if (_json.ValueTextEquals("StreamName"u8))
                _call.StreamName = ReadText();
            else if (_json.ValueTextEquals("StreamARN"u8))
                _call.StreamArn = ReadText();
            else if (_json.ValueTextEquals("SequenceNumberForOrdering"u8))
                _call.SequenceNumberForOrdering = ReadText();
            else if (!isSingle && _json.ValueTextEquals("Records"u8))
                ReadEntries();
            else
                _json.Skip();
        }

        // Whatever follows the object makes the reader throw.
        _json.Read();
        if (isSingle)
            _call.Add(entry);
    }

    private void ReadEntries()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
            return;
        if (_json.TokenType != JsonTokenType.StartArray)
            throw new JsonException();
        _call.Count ??= 0;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (_json.TokenType != JsonTokenType.StartObject)
                throw new JsonException();
            PutEntry entry = default;
            while (NextMember())
            {
                if (!TryReadMember(ref entry))
                    _json.Skip();
            }

            _call.Add(entry);
        }
    }

    private bool TryReadMember(ref PutEntry entry)
    {
        if (_json.ValueTextEquals("Data"u8))
            entry = entry with { Data = ReadData() };
        else if (_json.ValueTextEquals("PartitionKey"u8))
            entry = entry with { Key = ReadText() };
        else if (_json.ValueTextEquals("ExplicitHashKey"u8))
            entry = entry with { HashKey = ReadText() };
        else
            return false;
        return true;
    }

    private ReadOnlyMemory<byte>? ReadData()
    {
        if (!ReadString())
            return null;
        // Behind the quote. The reader has passed it, and does not come back.
        var text = _body.Slice((int)_json.TokenStartIndex + 1, _json.ValueSpan.Length);
        if (_json.ValueIsEscaped)
            text = text[..Unescape(text.Span)];
        return Base64InPlace.TryDecodeWithBlanks(text.Span, _scratch, out var length) ? text[..length] : throw FrontErrors.NoBase64();
    }

    /// <summary>Unescapes the text that was read, where it stands, and returns its length. Some writers escape the slash, which base64 has.</summary>
    private readonly int Unescape(Span<byte> text)
    {
        var plain = ArrayPool<byte>.Shared.Rent(text.Length);
        var length = _json.CopyString(plain);
        plain.AsSpan(0, length).CopyTo(text);
        ArrayPool<byte>.Shared.Return(plain);
        return length;
    }

    private string? ReadText() => ReadString() ? _json.GetString() : null;

    /// <summary>Moves to a member's value; false for null.</summary>
    private bool ReadString()
    {
        _json.Read();
        return _json.TokenType switch
        {
            JsonTokenType.Null => false,
            JsonTokenType.String => IsText(),
            _ => throw new JsonException(),
        };
    }

    /// <summary>Refuses half of a surrogate pair before .NET does, which would keep the array that it has unescaped the text into.</summary>
    private bool IsText() => !_json.ValueIsEscaped || JsonText.IsText(ref _json) ? true : throw new JsonException();

    private bool NextMember()
    {
        _json.Read();
        return _json.TokenType == JsonTokenType.PropertyName && IsText();
    }

    private void Expect(JsonTokenType token)
    {
        if (!_json.Read() || _json.TokenType != token)
            throw new JsonException();
    }
}
