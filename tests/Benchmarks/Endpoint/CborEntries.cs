using System.Formats.Cbor;
using System.Globalization;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Walks the entries of a PutRecords body in CBOR, by .NET's own reader.</summary>
internal sealed class CborEntries(ReadOnlyMemory<byte> body)
{
    private readonly CborReader _cbor = new(body, CborConformanceMode.Lax);
    private bool _inRecords;

    public UInt128 HashKey { get; private set; }

    public ReadOnlyMemory<byte> Data { get; private set; }

    public bool Next()
    {
        if (!_inRecords && !FindRecords())
            return false;
        if (_cbor.PeekState() == CborReaderState.EndArray)
            return false;

        UInt128? explicitHashKey = null;
        ReadOnlyMemory<byte> partitionKey = default;
        _cbor.ReadStartMap();
        while (_cbor.PeekState() != CborReaderState.EndMap)
        {
            var name = _cbor.ReadDefiniteLengthTextStringBytes().Span;
            if (name.SequenceEqual("Data"u8))
                Data = _cbor.ReadDefiniteLengthByteString();
            else if (name.SequenceEqual("ExplicitHashKey"u8))
                explicitHashKey = UInt128.Parse(_cbor.ReadDefiniteLengthTextStringBytes().Span, NumberStyles.None, CultureInfo.InvariantCulture);
            else if (name.SequenceEqual("PartitionKey"u8))
                partitionKey = _cbor.ReadDefiniteLengthTextStringBytes();
            else
                _cbor.SkipValue();
        }

        _cbor.ReadEndMap();
        HashKey = explicitHashKey ?? PutRecordsReader.HashOf(partitionKey.Span);
        return true;
    }

    private bool FindRecords()
    {
        _cbor.ReadStartMap();
        while (_cbor.PeekState() != CborReaderState.EndMap)
        {
            if (!_cbor.ReadDefiniteLengthTextStringBytes().Span.SequenceEqual("Records"u8))
            {
                _cbor.SkipValue();
                continue;
            }

            _cbor.ReadStartArray();
            return _inRecords = true;
        }

        return false;
    }
}
