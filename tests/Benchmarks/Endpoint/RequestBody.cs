using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>One entry of a PutRecords call.</summary>
/// <param name="HashKey">By which the service chooses its shard.</param>
/// <param name="Data">As it stands in the body: base64 in JSON.</param>
internal readonly record struct RequestEntry(UInt128 HashKey, ReadOnlyMemory<byte> Data);

/// <summary>The body of a call in either wire format, by .NET's own readers: the stream and, of PutRecords, the entries.</summary>
internal sealed class RequestBody
{
    // A record's map is in the array of the call's map.
    private const int EntryDepth = 2;

    private readonly List<RequestEntry> _entries = [];
    private byte[] _decoded = [];
    private ReadOnlyMemory<byte> _data;
    private UInt128 _keyHash;
    private UInt128? _explicitHashKey;

    public bool IsCbor { get; private set; }

    public string Stream { get; private set; } = "";

    public IReadOnlyList<RequestEntry> Entries => _entries;

    /// <summary>Reads a body, which takes the place of the last one.</summary>
    public void Read(ReadOnlyMemory<byte> body)
    {
        _entries.Clear();
        Stream = "";
        // A map of CBOR, rather than text.
        IsCbor = body.Span[0] >> 5 == 5;
        if (IsCbor)
            ReadCbor(new CborReader(body, CborConformanceMode.Lax));
        else
            ReadJson(body);
        if (Stream.Length == 0)
            throw new InvalidDataException("a request without StreamName");
    }

    /// <summary>An entry's data, out of base64 where it is; valid until the next call.</summary>
    public ReadOnlySpan<byte> DataOf(RequestEntry entry)
    {
        if (IsCbor)
            return entry.Data.Span;
        if (_decoded.Length < entry.Data.Length)
            _decoded = new byte[entry.Data.Length * 2];
        return Base64.DecodeFromUtf8(entry.Data.Span, _decoded, out _, out var length) == OperationStatus.Done
            ? _decoded.AsSpan(0, length)
            : throw new InvalidDataException("an entry whose data is no base64");
    }

    private void ReadJson(ReadOnlyMemory<byte> body)
    {
        var json = new Utf8JsonReader(body.Span);
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == EntryDepth)
                EndEntry();
            if (json.TokenType != JsonTokenType.PropertyName)
                continue;
            var name = json.ValueSpan;
            json.Read();
            if (json.TokenType == JsonTokenType.String)
                Take(name, json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : body.Slice((int)json.TokenStartIndex + 1, json.ValueSpan.Length));
        }
    }

    private void ReadCbor(CborReader cbor)
    {
        cbor.ReadStartMap();
        while (cbor.PeekState() != CborReaderState.Finished)
        {
            if (cbor.PeekState() == CborReaderState.EndArray)
            {
                cbor.ReadEndArray();
            }
            else if (cbor.PeekState() == CborReaderState.StartMap)
            {
                cbor.ReadStartMap();
            }
            else if (cbor.PeekState() == CborReaderState.EndMap)
            {
                cbor.ReadEndMap();
                if (cbor.CurrentDepth == EntryDepth)
                    EndEntry();
            }
            else
            {
                ReadMember(cbor, cbor.ReadDefiniteLengthTextStringBytes().Span);
            }
        }
    }

    private void ReadMember(CborReader cbor, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("Records"u8))
            cbor.ReadStartArray();
        else if (cbor.PeekState() == CborReaderState.ByteString)
            Take(name, cbor.ReadDefiniteLengthByteString());
        else if (cbor.PeekState() == CborReaderState.TextString)
            Take(name, cbor.ReadDefiniteLengthTextStringBytes());
        else
            cbor.SkipValue();
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
    {
        if (name.SequenceEqual("Data"u8))
            _data = value;
        else if (name.SequenceEqual("ExplicitHashKey"u8))
            _explicitHashKey = UInt128.Parse(value.Span, NumberStyles.None, CultureInfo.InvariantCulture);
        else if (name.SequenceEqual("PartitionKey"u8))
            _keyHash = BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(value.Span));
        else if (name.SequenceEqual("StreamName"u8))
            Stream = Encoding.UTF8.GetString(value.Span);
    }

    private void EndEntry()
    {
        _entries.Add(new RequestEntry(_explicitHashKey ?? _keyHash, _data));
        _explicitHashKey = null;
    }
}
