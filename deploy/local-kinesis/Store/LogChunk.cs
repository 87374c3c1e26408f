using System.Runtime.InteropServices;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>A run of applied records of one shard in one buffer: of each a fixed header, the partition key and the data.</summary>
internal sealed class LogChunk(Shard shard, byte[] buffer, long firstCounter)
{
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Header
    {
        public UInt128 Hash;
        public long ArrivalTicks;
        public int DataLength;
        public short KeyLength;
        public RecordMarks Marks;
    }

    private static readonly unsafe int HeaderLength = sizeof(Header);

    public Shard Shard => shard;
    public byte[] Buffer => buffer;
    public long FirstCounter => firstCounter;
    public int Count { get; private set; }
    public int Used { get; private set; }
    public long LastArrivalTicks { get; private set; }

    public static int LengthOf(int keyLength, int dataLength) => HeaderLength + keyLength + dataLength;

    public bool Fits(int length) => buffer.Length - Used >= length;

    public void Append(UInt128 hash, long arrivalTicks, RecordMarks marks, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        var target = buffer.AsSpan(Used);
        var header = new Header
        {
            Hash = hash, ArrivalTicks = arrivalTicks, DataLength = data.Length, KeyLength = (short)key.Length, Marks = marks,
        };
        MemoryMarshal.Write(target, in header);
        key.CopyTo(target[HeaderLength..]);
        data.CopyTo(target[(HeaderLength + key.Length)..]);
        Used += LengthOf(key.Length, data.Length);
        Count++;
        LastArrivalTicks = arrivalTicks;
    }

    /// <summary>The record at <paramref name="offset"/> and where the next one starts.</summary>
    public LogRecord Read(int offset, long counter, out int next)
    {
        var header = MemoryMarshal.Read<Header>(buffer.AsSpan(offset));
        var key = buffer.AsMemory(offset + HeaderLength, header.KeyLength);
        var data = buffer.AsMemory(offset + HeaderLength + header.KeyLength, header.DataLength);
        next = offset + LengthOf(header.KeyLength, header.DataLength);
        return new(counter, header.Hash, header.ArrivalTicks, header.Marks, key, data);
    }
}
