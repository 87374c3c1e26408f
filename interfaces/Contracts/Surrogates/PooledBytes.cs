using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Orleans.Kpl.Surrogates;

/// <summary>Bytes that travel as an array of bytes does, and arrive in memory from the pool.</summary>
/// <param name="Owner">Gives the memory back to the pool; null where they are in an array of their own.</param>
[Immutable]
internal readonly record struct PooledBytes(ReadOnlyMemory<byte> Bytes, IMemoryOwner<byte>? Owner = null);

/// <summary>Writes what <see cref="ByteArrayCodec"/> does: an array that is not met twice in a message.</summary>
[RegisterSerializer]
internal sealed class PooledBytesCodec : IFieldCodec<PooledBytes>
{
    /// <summary>Longer arrays are not rented.</summary>
    private const int MostRented = 64 << 10;

    /// <summary>How many arrays of a size are kept: as many as two busy clients have under way. .NET's shared pool keeps 32 for each core.</summary>
    private const int MostKept = 256;

    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(MostRented, MostKept);

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
        var array = Pool.Rent((int)length);
        var bytes = array.AsMemory(0, (int)length);
        reader.ReadBytes(bytes.Span);
        return new PooledBytes(bytes, new Owner(array));
    }

    private sealed class Owner(byte[] array) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => array;

        public void Dispose() => Pool.Return(array);
    }
}
