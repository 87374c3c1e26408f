using System.Text;
using Google.Protobuf;
using Wire = Google.Protobuf.WireFormat;

namespace Orleans.Kpl.Otlp.Tests;

/// <summary>A protobuf message, field by field, as the wire has it.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Bits, byte[]? Bytes)> _fields = [];

    public ProtoMessage(byte[] bytes)
    {
        var input = new CodedInputStream(bytes);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            var number = Wire.GetTagFieldNumber(tag);
            _fields.Add(Wire.GetTagWireType(tag) switch
            {
                Wire.WireType.LengthDelimited => (number, 0, input.ReadBytes().ToByteArray()),
                Wire.WireType.Fixed64 => (number, input.ReadFixed64(), null),
                Wire.WireType.Fixed32 => (number, input.ReadFixed32(), null),
                _ => (number, input.ReadUInt64(), null),
            });
        }
    }

    public IEnumerable<ProtoMessage> All(int number) => _fields.Where(f => f.Number == number).Select(static f => new ProtoMessage(f.Bytes!));

    public bool Has(int number) => _fields.Any(f => f.Number == number);

    public byte[] BytesOf(int number) => _fields.Single(f => f.Number == number).Bytes!;

    public string TextOf(int number) => _fields.Where(f => f.Number == number).Select(static f => Encoding.UTF8.GetString(f.Bytes!)).SingleOrDefault("");

    public long NumberOf(int number) => (long)_fields.Single(f => f.Number == number).Bits;

    public double DoubleOf(int number) => BitConverter.UInt64BitsToDouble(_fields.Single(f => f.Number == number).Bits);

    /// <summary>Keys and values (opentelemetry/proto/common/v1/common.proto), each in a text.</summary>
    public IEnumerable<string> AttributesOf(int number) => All(number).Select(static a =>
    {
        var value = new ProtoMessage(a.BytesOf(2));
        return $"{a.TextOf(1)}={(value.Has(1) ? value.TextOf(1) : value.Has(3) ? value.NumberOf(3) : value.Has(4) ? value.DoubleOf(4) : "?")}";
    });
}
