using System.Buffers.Binary;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>
/// The CBOR 1.1 dialect, as the service's own writer makes it: maps and arrays of indefinite length, instants as tag 1 with integer
/// milliseconds (not RFC 8949's seconds).
/// </summary>
internal sealed class CborAnswerWriter(PooledBytes output) : AnswerWriter(output)
{
    public const string MediaType = "application/x-amz-cbor-1.1";

    private const int Unsigned = 0, Negative = 1, ByteString = 2, TextString = 3;

    public override string ContentType => MediaType;

    public override void StartObject() => Output.Add(0xBF);

    public override void EndObject() => Output.Add(0xFF);

    public override void StartArray() => Output.Add(0x9F);

    public override void EndArray() => Output.Add(0xFF);

    public override void Name(ReadOnlySpan<byte> name) => Utf8(name);

    public override void Number(long value)
    {
        if (value >= 0) Head(Unsigned, value);
        else Head(Negative, -1 - value);
    }

    public override void Bool(bool value) => Output.Add(value ? (byte)0xF5 : (byte)0xF4);

    public override void Utf8(ReadOnlySpan<byte> value)
    {
        Head(TextString, value.Length);
        Output.Add(value);
    }

    public override void Bytes(ReadOnlySpan<byte> value)
    {
        Head(ByteString, value.Length);
        Output.Add(value);
    }

    public override void Timestamp(long utcTicks)
    {
        Output.Add(0xC1);
        Number(EndpointClock.ToUnixMilliseconds(utcTicks));
    }

    private void Head(int major, long value)
    {
        var space = Output.GetSpan(9);
        var type = (byte)(major << 5);
        switch (value)
        {
            case < 24:
                space[0] = (byte)(type | (byte)value);
                Output.Advance(1);
                break;
            case <= byte.MaxValue:
                space[0] = (byte)(type | 24);
                space[1] = (byte)value;
                Output.Advance(2);
                break;
            case <= ushort.MaxValue:
                space[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(space[1..], (ushort)value);
                Output.Advance(3);
                break;
            case <= uint.MaxValue:
                space[0] = (byte)(type | 26);
                BinaryPrimitives.WriteUInt32BigEndian(space[1..], (uint)value);
                Output.Advance(5);
                break;
            default:
                space[0] = (byte)(type | 27);
                BinaryPrimitives.WriteUInt64BigEndian(space[1..], (ulong)value);
                Output.Advance(9);
                break;
        }
    }
}
