using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Aggregation.Buffers;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// Keeps small records of an open aggregate as they came, one behind the other. It passes them to the builder all at once, mostly when the
/// aggregate closes. With a thousand open aggregates each record would find its builder's tables and buffers out of the processor's caches.
/// Staged, the tables and buffers are in the caches only while they are filled, and a single record touches little more than its own bytes.
/// It is a mutable value, a field of its aggregate, for the same reason.
/// </summary>
internal struct RecordStage
{
    /// <summary>The largest record that is staged. Larger records go to the builder at once: their own bytes are what costs.</summary>
    public const int LargestRecord = 512;

    // A batch of 500 records with so much data fits into a core's own cache.
    private const int ExpectedBytes = 1_024;

    // As much as an aggregate of the default size needs; larger ones are built in several steps.
    private const int Capacity = 64 * 1024;
    private const int SmallestBuffer = 512;

    // The largest size of tags, lengths and indexes of a record and of its two table entries, and of an explicit hash key's digits.
    private const int MostPerRecord = 24;
    private const int MostPerHashKey = 48;

    private byte[]? _buffer;
    private int _memory;
    private int _used;

    private int _keyBytes;

    // The size that earlier aggregates needed. The next one reserves it at once.
    private int _hint;

    public int Count { readonly get; private set; }

    /// <summary>Has the data of a record at hand when the record is added, which is soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expect(ReadOnlySpan<byte> data) => Prefetch.Soon(data, ExpectedBytes);

    /// <summary>Makes the data of a caller's record readable until the record is added: memory that is lent is copied, other data is prefetched.</summary>
    /// <param name="isRead">Whether the record is added; where it is not, its data stays as it is.</param>
    /// <param name="throws">Whether to throw, instead of returning the exception, where the owner took the memory back.</param>
    /// <param name="kept">The data: the caller's, or a copy where its memory <see cref="IsLent">is lent</see>.</param>
    /// <returns>Why the data cannot be read; null where it can.</returns>
    public static Exception? Keep(ReadOnlyMemory<byte> data, bool isRead, bool throws, out ReadOnlyMemory<byte> kept)
    {
        kept = data;
        if (!isRead)
            return null;
        if (IsLent(data))
            return TryCopy(data, throws, out kept);
        Expect(data.Span);
        return null;
    }

    /// <summary>Whether memory is lent: its owner may take it back at any time. That of an array is not.</summary>
    public static bool IsLent(ReadOnlyMemory<byte> data) => MemoryMarshal.TryGetMemoryManager<byte, MemoryManager<byte>>(data, out _);

    private static Exception? TryCopy(ReadOnlyMemory<byte> data, bool throws, out ReadOnlyMemory<byte> copy)
    {
        try
        {
            copy = data.ToArray();
            return null;
        }
        catch (Exception gone) when (!throws)
        {
            copy = default;
            return gone;
        }
    }

    /// <summary>The most bytes that a record can add to an aggregate of two or more.</summary>
    public static int MostBytesOf(int keyLength, bool hasExplicitHashKey, int dataLength) =>
        keyLength + dataLength + MostPerRecord + (hasExplicitHashKey ? MostPerHashKey : 0);

    /// <summary>Stages the record; false when there is no space left.</summary>
    public bool TryAdd(ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool hasExplicitHashKey, ReadOnlySpan<byte> data)
    {
        var size = Unsafe.SizeOf<Head>() + partitionKey.Length + data.Length;
        if (_memory - _used < size && !TryGrow(size))
            return false;
        ref var target = ref UncheckedArray.At(_buffer, _used);
        Unsafe.WriteUnaligned(ref target, new Head(hashKey, (ushort)partitionKey.Length, (ushort)data.Length, hasExplicitHashKey));
        target = ref Unsafe.Add(ref target, Unsafe.SizeOf<Head>());
        partitionKey.CopyTo(MemoryMarshal.CreateSpan(ref target, partitionKey.Length));
        data.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, partitionKey.Length), data.Length));
        _used += size;
        _keyBytes += partitionKey.Length;
        Count++;
        return true;
    }

    /// <summary>Passes everything to the builder, which has space for it.</summary>
    public void MoveTo(AggregateBuilder builder)
    {
        if (Count == 0)
            return;
        builder.Expect(Count, _keyBytes, _used - _keyBytes - (Count * Unsafe.SizeOf<Head>()));
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

        _hint = Math.Max(_used, _hint - (_hint / 16));
        _used = _keyBytes = Count = 0;
    }

    /// <summary>Returns the buffer to the pool until the next record arrives.</summary>
    public void Release()
    {
        if (_buffer is null)
            return;
        BufferPool.Return(_buffer);
        _buffer = null;
        _memory = 0;
    }

    private bool TryGrow(int size)
    {
        if (_used + size > Capacity)
            return false;
        var larger = BufferPool.Rent(_buffer is null ? Math.Max(size, Math.Max(SmallestBuffer, _hint + (_hint / 8))) : Math.Max(_used + size, _used * 2));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _used).CopyTo(larger);
            BufferPool.Return(_buffer);
        }

        _buffer = larger;
        _memory = Math.Min(larger.Length, Capacity);
        return true;
    }

    // Packed, because here the bytes of memory are the cost of a record.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private readonly record struct Head(UInt128 HashKey, ushort KeyLength, ushort DataLength, bool HasExplicitHashKey);
}
