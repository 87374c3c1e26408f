using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Walks the entries of a PutRecords body.</summary>
internal ref struct PutRecordsReader
{
    private Utf8JsonReader _json;
    private bool _inRecords;

    public PutRecordsReader(ReadOnlySpan<byte> body) => _json = new Utf8JsonReader(body);

    /// <summary>The data of the entry, still in base64.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Where the service routes the entry.</summary>
    public UInt128 HashKey { get; private set; }

    public bool Next()
    {
        if (!_inRecords && !FindRecords())
            return false;
        if (!_json.Read() || _json.TokenType != JsonTokenType.StartObject)
            return false;

        UInt128? explicitHashKey = null;
        ReadOnlySpan<byte> partitionKey = default;
        Data = default;
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueTextEquals("Data"u8))
            {
                _json.Read();
                Data = _json.ValueSpan;
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

        HashKey = explicitHashKey ?? HashOf(partitionKey);
        return true;
    }

    public static UInt128 HashOf(ReadOnlySpan<byte> partitionKey)
    {
        Span<byte> hash = stackalloc byte[16];
        MD5.HashData(partitionKey, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
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
