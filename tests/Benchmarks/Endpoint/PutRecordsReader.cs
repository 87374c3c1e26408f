using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>Walks the entries of a PutRecords body in either dialect.</summary>
internal ref struct PutRecordsReader
{
    private readonly CborEntries? _cbor;
    private JsonEntries _json;

    public PutRecordsReader(ReadOnlyMemory<byte> body)
    {
        if (IsCbor(body.Span))
            _cbor = new CborEntries(body);
        else
            _json = new JsonEntries(body.Span);
    }

    /// <summary>Where the service routes the entry.</summary>
    public readonly UInt128 HashKey => _cbor?.HashKey ?? _json.HashKey;

    /// <summary>Whether a body is a map of CBOR rather than text.</summary>
    public static bool IsCbor(ReadOnlySpan<byte> body) => body[0] >> 5 == 5;

    public static UInt128 HashOf(ReadOnlySpan<byte> partitionKey)
    {
        Span<byte> hash = stackalloc byte[16];
        MD5.HashData(partitionKey, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    public bool Next() => _cbor is null ? _json.Next() : _cbor.Next();

    /// <summary>The entry's data: where it lies, or in the buffer, which grows as it must.</summary>
    public readonly ReadOnlySpan<byte> Data(ref byte[] buffer) => _cbor is null ? _json.Decode(ref buffer) : _cbor.Data.Span;
}
