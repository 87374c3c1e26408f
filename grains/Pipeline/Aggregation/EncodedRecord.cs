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

    /// <summary>Gives the buffer back. Payload and partition key must not be touched afterwards.</summary>
    public void Release() => BufferPool.Return(Buffer);
}
