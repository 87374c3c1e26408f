using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Doubts;

/// <summary>Tells which answers do not fit the shards as they are known, without side effects.</summary>
internal static class Contradiction
{
    /// <summary>
    /// The sequence numbers of a shard are less than 10^41 above its first one; those of a shard created later are higher. AWS does not
    /// document how they are made. In all examples of its guides, the second in which the shard was created counts 2^148 and each
    /// record 2^80. So 10^41 is enough for 8 × 10^16 records and is far less than a second.
    /// </summary>
    private const int SpanDigits = 41;

    /// <summary>
    /// Whether an answer contradicts the shards as they are known: they were resharded, or the stream was deleted and created again, which restarts
    /// shard numbers at 0.
    /// </summary>
    /// <param name="hashKey">The hash key that the Kinesis record was sent under.</param>
    /// <param name="sequenceNumber">The sequence number it was given.</param>
    /// <param name="taker">The range of the shard that took it; null where it is not known.</param>
    /// <param name="numbersTell">Whether sequence numbers show when a shard was created.</param>
    public static bool IsThere(UInt128 hashKey, string sequenceNumber, ShardRange? taker, bool numbersTell) =>
        taker is null || !taker.Contains(hashKey) || (numbersTell && taker.SeemsOlderThan(sequenceNumber));

    /// <summary>
    /// Whether a sequence number given under a shard's id seems to belong to a shard that was created later: then the stream was
    /// deleted and created again. False where the numbers do not tell.
    /// </summary>
    public static bool SeemsOlderThan(this ShardRange range, string sequenceNumber)
    {
        if (range.StartingSequenceNumber is not { } first || first.Length <= SpanDigits || sequenceNumber.Length != first.Length)
            return false;
        var head = sequenceNumber.AsSpan(0, first.Length - SpanDigits);
        var firstHead = first.AsSpan(0, head.Length);
        if (head.SequenceEqual(firstHead) || !ulong.TryParse(head, out var high) || !ulong.TryParse(firstHead, out var firstHigh))
            return false;
        return high > firstHigh
            && (high - firstHigh > 1 || string.CompareOrdinal(sequenceNumber, head.Length, first, head.Length, SpanDigits) >= 0);
    }
}
