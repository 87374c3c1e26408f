using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>
/// Reads PutRecord and PutRecords from JSON in one pass. Keys stay where they lie, base64 is decoded beside the body.
/// </summary>
internal ref struct JsonPutReader
{
    private readonly Memory<byte> _body;
    private readonly PooledBytes _decoded;
    private Utf8JsonReader _reader;

    private JsonPutReader(Memory<byte> body, PooledBytes decoded)
    {
        (_body, _decoded) = (body, decoded);
        _reader = new(body.Span);
    }

    public static void Read(Memory<byte> body, PutRequest request, bool single)
    {
        try
        {
            new JsonPutReader(body, request.Decoded(body.Length)).Read(request, single);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw KinesisErrors.Serialization();
        }
    }

    private void Read(PutRequest request, bool single)
    {
        var entry = default(PutEntry);
        Next(JsonTokenType.StartObject);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (single && TryReadMember(ref entry)) continue;
            if (_reader.ValueTextEquals("StreamName"u8)) request.StreamName = Text();
            else if (_reader.ValueTextEquals("StreamARN"u8)) request.StreamArn = Text();
            else if (_reader.ValueTextEquals("SequenceNumberForOrdering"u8)) request.SequenceNumberForOrdering = Text();
            else if (!single && _reader.ValueTextEquals("Records"u8)) ReadEntries(request);
            else _reader.Skip();
        }
        if (_reader.TokenType != JsonTokenType.EndObject || _reader.Read()) throw KinesisErrors.Serialization();
        if (single) request.Add(entry);
    }

    private void ReadEntries(PutRequest request)
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.Null) return;
        if (_reader.TokenType != JsonTokenType.StartArray) throw KinesisErrors.Serialization();
        request.StartEntries();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject) throw KinesisErrors.Serialization();
            var entry = default(PutEntry);
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
                if (!TryReadMember(ref entry)) _reader.Skip();
            request.Add(entry);
        }
    }

    private bool TryReadMember(ref PutEntry entry)
    {
        if (_reader.ValueTextEquals("Data"u8))
        {
            if (!TryString(out var raw)) return true;
            var start = _decoded.Length;
            if (Base64.DecodeFromUtf8(raw.Span, _decoded.GetSpan(0), out _, out var length) != OperationStatus.Done)
                throw KinesisErrors.Serialization("Unable to decode base64");
            _decoded.Advance(length);
            entry.Data = _decoded.Memory[start..];
            entry.HasData = true;
            return true;
        }
        if (_reader.ValueTextEquals("PartitionKey"u8))
        {
            if (!TryString(out var raw)) return true;
            entry.Key = raw;
            entry.HasKey = true;
            return true;
        }
        if (_reader.ValueTextEquals("ExplicitHashKey"u8))
        {
            if (TryString(out var raw)) HashKeys.SetExplicit(ref entry, raw.Span);
            return true;
        }
        return false;
    }

    /// <summary>The bytes of the next string, escapes undone in place; false for null.</summary>
    private bool TryString(out Memory<byte> bytes)
    {
        bytes = default;
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.Null) return false;
        if (_reader.TokenType != JsonTokenType.String) throw KinesisErrors.Serialization();
        var length = _reader.ValueSpan.Length;
        bytes = _body.Slice((int)_reader.TokenStartIndex + 1, length);
        if (!_reader.ValueIsEscaped) return true;
        var scratch = ArrayPool<byte>.Shared.Rent(length);
        length = _reader.CopyString(scratch);
        scratch.AsSpan(0, length).CopyTo(bytes.Span);
        ArrayPool<byte>.Shared.Return(scratch);
        bytes = bytes[..length];
        return true;
    }

    private string? Text() => TryString(out var bytes) ? Encoding.UTF8.GetString(bytes.Span) : null;

    private void Next(JsonTokenType type)
    {
        if (!_reader.Read() || _reader.TokenType != type) throw KinesisErrors.Serialization();
    }
}
