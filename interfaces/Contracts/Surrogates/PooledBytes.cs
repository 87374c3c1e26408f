using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Orleans.Kpl.Surrogates;

/// <summary>Bytes that travel as an array of bytes does, and arrive in an array from the pool.</summary>
/// <param name="Rented">The array from the pool; null where they are in one of their own.</param>
[Immutable]
internal readonly record struct PooledBytes(ReadOnlyMemory<byte> Bytes, byte[]? Rented = null);

/// <summary>Writes what <see cref="ByteArrayCodec"/> does: an array that is not met twice in a message.</summary>
[RegisterSerializer]
internal sealed class PooledBytesCodec : IFieldCodec<PooledBytes>
{
    /// <summary>Longer arrays are not rented: the pool keeps one of each size for each thread.</summary>
    private const int MostRented = 64 << 10;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, PooledBytes value)
        where TBufferWriter : IBufferWriter<byte>
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(PooledBytes), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value.Bytes.Length);
        writer.Write(value.Bytes.Span);
    }

    public PooledBytes ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        field.EnsureWireType(WireType.LengthPrefixed);
        var length = reader.ReadVarUInt32();
        reader.EnsureAvailable(length);
        if (length > MostRented)
            return new PooledBytes(reader.ReadBytes(length));
        var rented = ArrayPool<byte>.Shared.Rent((int)length);
        reader.ReadBytes(rented.AsSpan(0, (int)length));
        return new PooledBytes(rented.AsMemory(0, (int)length), rented);
    }
}
