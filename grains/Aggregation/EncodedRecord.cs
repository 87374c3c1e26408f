using System.Runtime.InteropServices;
using Orleans.Kpl.Aggregation.Buffers;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// A closed Kinesis record: an aggregate, or one user record's own bytes. It borrows its buffer from <see cref="BufferPool"/>; its last
/// holder calls <see cref="Release"/> once.
/// </summary>
internal readonly struct EncodedRecord
{
    /// <summary>The array that contains the payload at <see cref="Offset"/>.</summary>
    public required byte[] Buffer { get; init; }

    /// <summary>The offset of the payload in the buffer.</summary>
    public required int Offset { get; init; }

    /// <summary>The payload's size in bytes, an aggregate's trailer included.</summary>
    public required int Length { get; init; }

    /// <summary>The partition key that it is sent under, as UTF-8.</summary>
    public required ReadOnlyMemory<byte> PartitionKey { get; init; }

    /// <summary>The hash key that it is sent under: the first member's.</summary>
    public required UInt128 HashKey { get; init; }

    /// <summary>Whether the caller gave <see cref="HashKey"/>; false when it was computed from the first member's partition key.</summary>
    public required bool HasExplicitHashKey { get; init; }

    /// <summary>The lowest hash key among the members.</summary>
    public required UInt128 LowestHash { get; init; }

    /// <summary>The highest hash key among the members.</summary>
    public required UInt128 HighestHash { get; init; }

    /// <summary>The number of user records in it.</summary>
    public required int Count { get; init; }

    /// <summary>The fewest and the most data bytes of one of them.</summary>
    public required (int Smallest, int Largest) DataSizes { get; init; }

    /// <summary>Whether the record is an aggregate, whose last 16 bytes <see cref="AggregateSealer"/> must write before it is sent.</summary>
    public required bool NeedsTrailer { get; init; }

    public ReadOnlyMemory<byte> Payload => Buffer.AsMemory(Offset, Length);

    /// <summary>Set where other records are in the same buffer.</summary>
    public SharedBuffer? Shared { private get; init; }

    public bool IsShared => Shared is not null;

    /// <summary>The bytes that the record takes in any buffer: the payload, and the partition key where it is beside the payload.</summary>
    public int Size => Length + (HoldsKey(out _) ? PartitionKey.Length : 0);

    /// <summary>The offset in its buffer at which the record ends.</summary>
    public int End => Math.Max(Offset + Length, HoldsKey(out var key) ? key + PartitionKey.Length : 0);

    /// <summary>
    /// Moves the record into a buffer hardly larger than its bytes, unless it is in one already. The former buffer returns to the pool.
    /// </summary>
    public EncodedRecord Tighten() =>
        BufferPool.TightSize(Size) > Buffer.Length / 8 * 7 ? this : MoveTo(BufferPool.RentTight(Size), 0, null);

    /// <summary>Copies the record to an offset in another buffer. The former buffer returns to the pool.</summary>
    public EncodedRecord MoveTo(byte[] buffer, int offset, SharedBuffer? shared)
    {
        var hasKey = HoldsKey(out _);
        Payload.CopyTo(buffer.AsMemory(offset));
        if (hasKey)
            PartitionKey.CopyTo(buffer.AsMemory(offset + Length));
        Release();
        return this with
        {
            Buffer = buffer,
            Offset = offset,
            Shared = shared,
            PartitionKey = hasKey ? buffer.AsMemory(offset + Length, PartitionKey.Length) : PartitionKey,
        };
    }

    /// <summary>Returns the buffer to the pool. Payload and partition key must not be touched afterwards.</summary>
    public void Release()
    {
        if (Shared is null)
            BufferPool.Return(Buffer);
        else
            Shared.Release();
    }

    /// <summary>Whether the partition key is the first member's own, which is in the buffer beside the payload, or before it.</summary>
    private bool HoldsKey(out int offset)
    {
        var holds = MemoryMarshal.TryGetArray(PartitionKey, out var key) && ReferenceEquals(key.Array, Buffer);
        offset = key.Offset;
        return holds;
    }
}
