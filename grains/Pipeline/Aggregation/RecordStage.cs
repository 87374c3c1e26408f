using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Accepting;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// Keeps the newest small records of an open aggregate as they came, one behind the other, and hands them to the builder some
/// dozen at a time. With a thousand open aggregates each record finds its builder's tables and buffers out of the processor's
/// caches; this way that is paid once for dozens of records, and a record alone touches little more than its own bytes.
/// A mutable value, for the same reason: it stands in its aggregate.
/// </summary>
internal struct RecordStage
{
    /// <summary>Larger records go to the builder at once: their own bytes are what costs.</summary>
    public const int LargestRecord = 512;

    private const int Capacity = 4 * 1024;

    // Tags, lengths and indexes of a record and of its two table entries, at their longest, and an explicit hash key's digits.
    private const int MostPerRecord = 24;
    private const int MostPerHashKey = 48;

    // What most records take.
    private const int SoonBytes = 192;

    private byte[]? _buffer;
    private int _used;

    public int Count { readonly get; private set; }

    /// <summary>What a record can add to an aggregate of two or more at most.</summary>
    public static int MostBytesOf(int keyLength, bool hasExplicitHashKey, int dataLength) =>
        keyLength + dataLength + MostPerRecord + (hasExplicitHashKey ? MostPerHashKey : 0);

    /// <summary>Takes the record; false when there is no room left.</summary>
    public bool TryAdd(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool hasExplicitHashKey, ReadOnlySpan<byte> data)
    {
        var size = Unsafe.SizeOf<Head>() + partitionKey.Length + data.Length;
        if (Capacity - _used < size)
            return false;
        _buffer ??= BufferPool.Rent(Capacity);
        var target = _buffer.AsSpan(_used, size);
        var head = new Head(hashKey, (ushort)partitionKey.Length, (ushort)data.Length, hasExplicitHashKey);
        MemoryMarshal.Write(target, in head);
        partitionKey.CopyTo(target[Unsafe.SizeOf<Head>()..]);
        data.CopyTo(target[(Unsafe.SizeOf<Head>() + partitionKey.Length)..]);
        _used += size;
        Count++;
        return true;
    }

    /// <summary>A record comes soon: where it goes is asked for. What is read may be out of date.</summary>
    public readonly void Soon()
    {
        var (buffer, used) = (_buffer, _used);
        if (buffer is not null && used < buffer.Length)
            CacheHint.Soon(ref buffer[used], SoonBytes);
    }

    /// <summary>Hands everything to the builder, which has room for it.</summary>
    public void MoveTo(AggregateBuilder builder)
    {
        if (Count == 0)
            return;
        for (var position = 0; position < _used;)
        {
            var head = MemoryMarshal.Read<Head>(_buffer.AsSpan(position));
            position += Unsafe.SizeOf<Head>();
            var key = _buffer.AsSpan(position, head.KeyLength);
            var data = _buffer.AsSpan(position + head.KeyLength, head.DataLength);
            position += head.KeyLength + head.DataLength;
            if (!builder.TryAdd(key, head.HashKey, head.HasExplicitHashKey, data))
                throw new InvalidOperationException("the builder refuses a record that it has room for");
        }

        _used = Count = 0;
    }

    /// <summary>Gives the buffer back until the next record comes.</summary>
    public void Release()
    {
        if (_buffer is null)
            return;
        BufferPool.Return(_buffer);
        _buffer = null;
    }

    private readonly record struct Head(UInt128 HashKey, ushort KeyLength, ushort DataLength, bool HasExplicitHashKey);
}
