using System.Formats.Cbor;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>
/// The CBOR 1.1 dialect, as the service's own writer makes it: maps and arrays of indefinite length, instants as tag 1 with integer
/// milliseconds (not RFC 8949's seconds).
/// </summary>
internal sealed class CborAnswerWriter(PooledBytes output) : AnswerWriter(output)
{
    public const string MediaType = "application/x-amz-cbor-1.1";

    private readonly CborWriter _cbor = new(CborConformanceMode.Lax);

    public override string ContentType => MediaType;

    public override PooledBytes Output
    {
        get
        {
            if (_cbor.BytesWritten == 0) return base.Output;
            base.Output.Advance(_cbor.Encode(base.Output.GetSpan(_cbor.BytesWritten)));
            _cbor.Reset();
            return base.Output;
        }
    }

    public override void Reset()
    {
        _cbor.Reset();
        base.Reset();
    }

    public override void StartObject() => _cbor.WriteStartMap(null);

    public override void EndObject() => _cbor.WriteEndMap();

    public override void StartArray() => _cbor.WriteStartArray(null);

    public override void EndArray() => _cbor.WriteEndArray();

    public override void Name(ReadOnlySpan<byte> name) => _cbor.WriteTextString(Encoding.ASCII.GetString(name));

    public override void Number(long value) => _cbor.WriteInt64(value);

    public override void Bool(bool value) => _cbor.WriteBoolean(value);

    public override void String(string value) => _cbor.WriteTextString(value);

    public override void Bytes(ReadOnlySpan<byte> value) => _cbor.WriteByteString(value);

    public override void Timestamp(long utcTicks)
    {
        _cbor.WriteTag(CborTag.UnixTimeSeconds);
        Number(EndpointClock.ToUnixMilliseconds(utcTicks));
    }
}
