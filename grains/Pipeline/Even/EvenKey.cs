using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>
/// The explicit hash keys that are given to records whose key means nothing. They end with a mark, by which any process knows them: a record with one may be
/// given another one, and a record whose caller chose its hash key never is.
/// </summary>
internal static class EvenKey
{
    /// <summary>The lower half of the hash key. A caller's own hash key has it by chance once in 2^64.</summary>
    private const ulong Mark = 0x6b706c2d_6576656e;

    /// <summary>
    /// Returns a hash key within a shard's range. It is drawn anew for each aggregate: once the shard is split, aggregates go to both of its children, and
    /// each whole.
    /// </summary>
    public static UInt128 In(ShardRange range, Random random)
    {
        var low = (range.StartingHashKey >> 64) + ((ulong)range.StartingHashKey > Mark ? UInt128.One : 0);
        var end = (range.EndingHashKey >> 64) + ((ulong)range.EndingHashKey < Mark ? 0 : UInt128.One);
        // A range that holds no such key has its first one. It stays with its records, as if their caller had chosen it.
        if (low >= end)
            return range.StartingHashKey;
        ulong draw = 0;
        random.NextBytes(MemoryMarshal.AsBytes(new Span<ulong>(ref draw)));
        return ((low + (draw * (end - low) >> 64)) << 64) | Mark;
    }

    /// <summary>Whether it was given to a record.</summary>
    public static bool IsGiven(UInt128 hashKey) => (ulong)hashKey == Mark;
}
