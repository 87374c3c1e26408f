using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Walks the entries of a PutRecords body in JSON.</summary>
internal ref struct JsonEntries
{
    private Utf8JsonReader _json;
    private ReadOnlySpan<byte> _base64;
    private bool _inRecords;

    public JsonEntries(ReadOnlySpan<byte> body) => _json = new Utf8JsonReader(body);

    public UInt128 HashKey { get; private set; }

    public bool Next()
    {
        if (!_inRecords && !FindRecords())
            return false;
        if (!_json.Read() || _json.TokenType != JsonTokenType.StartObject)
            return false;

        UInt128? explicitHashKey = null;
        ReadOnlySpan<byte> partitionKey = default;
        _base64 = default;
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueTextEquals("Data"u8))
            {
                _json.Read();
                _base64 = _json.ValueSpan;
            }
            else if (_json.ValueTextEquals("ExplicitHashKey"u8))
            {
                _json.Read();
                explicitHashKey = UInt128.Parse(_json.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            }
            else if (_json.ValueTextEquals("PartitionKey"u8))
            {
                _json.Read();
                partitionKey = _json.ValueIsEscaped ? Encoding.UTF8.GetBytes(_json.GetString()!) : _json.ValueSpan;
            }
            else
            {
                _json.Skip();
            }
        }

        HashKey = explicitHashKey ?? PutRecordsReader.HashOf(partitionKey);
        return true;
    }

    /// <summary>The entry's data, out of base64, in the buffer, which grows as it must.</summary>
    public readonly ReadOnlySpan<byte> Decode(ref byte[] buffer)
    {
        if (buffer.Length < _base64.Length)
            buffer = new byte[_base64.Length * 2];
        if (Base64.DecodeFromUtf8(_base64, buffer, out _, out var length) != OperationStatus.Done)
            throw new InvalidDataException("an entry whose data is no base64");
        return buffer.AsSpan(0, length);
    }

    private bool FindRecords()
    {
        while (_json.Read())
        {
            if (_json.TokenType == JsonTokenType.PropertyName && _json.CurrentDepth == 1 && _json.ValueTextEquals("Records"u8))
                return _inRecords = _json.Read() && _json.TokenType == JsonTokenType.StartArray;
        }

        return false;
    }
}
