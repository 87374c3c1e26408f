using System.Runtime.InteropServices;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// A closed Kinesis record: an aggregate, or one user record's own bytes. It borrows its buffer from <see cref="BufferPool"/>; whoever
/// holds it last calls <see cref="Release"/>, once.
/// </summary>
internal readonly struct EncodedRecord
{
    /// <summary>The array that holds the payload at <see cref="Offset"/>.</summary>
    public required byte[] Buffer { get; init; }

    /// <summary>Where the payload starts.</summary>
    public required int Offset { get; init; }

    /// <summary>The payload's size in bytes, an aggregate's trailer included.</summary>
    public required int Length { get; init; }

    /// <summary>The partition key that it is sent under, as UTF-8.</summary>
    public required ReadOnlyMemory<byte> PartitionKey { get; init; }

    /// <summary>The hash key that it is sent under: the first member's.</summary>
    public required UInt128 HashKey { get; init; }

    /// <summary>Whether <see cref="HashKey"/> was given by the caller and not made from the first member's partition key.</summary>
    public required bool HasExplicitHashKey { get; init; }

    /// <summary>The lowest hash key among the members.</summary>
    public required UInt128 LowestHash { get; init; }

    /// <summary>The highest hash key among the members.</summary>
    public required UInt128 HighestHash { get; init; }

    /// <summary>How many user records it holds.</summary>
    public required int Count { get; init; }

    /// <summary>Whether it is an aggregate, whose last 16 bytes <see cref="AggregateSealer"/> has to write before it is sent.</summary>
    public required bool NeedsTrailer { get; init; }

    public ReadOnlyMemory<byte> Payload => Buffer.AsMemory(Offset, Length);

    /// <summary>
    /// The same in a buffer that is hardly larger than its bytes; the former one goes back. For what is held for a while: buffers are
    /// as large as the aggregates before, and one that had to leave early fills half of its own.
    /// </summary>
    public EncodedRecord Tighten()
    {
        // The first member's own key lies beside the payload, or before it.
        var hasKey = MemoryMarshal.TryGetArray(PartitionKey, out var key) && ReferenceEquals(key.Array, Buffer);
        var size = Length + (hasKey ? PartitionKey.Length : 0);
        if (BufferPool.TightSize(size) > Buffer.Length / 8 * 7)
            return this;
        var tight = BufferPool.RentTight(size);
        Payload.CopyTo(tight);
        if (hasKey)
            PartitionKey.CopyTo(tight.AsMemory(Length));
        BufferPool.Return(Buffer);
        return this with { Buffer = tight, Offset = 0, PartitionKey = hasKey ? tight.AsMemory(Length, PartitionKey.Length) : PartitionKey };
    }

    /// <summary>Gives the buffer back. Payload and partition key must not be touched afterwards.</summary>
    public void Release() => BufferPool.Return(Buffer);
}
