namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>One shard and the hash keys that it owns, first and last included. None of it changes as long as the shard lives.</summary>
/// <param name="ShardId">Its id, which the first shards of every stream share: <c>shardId-000000000000</c> and so on.</param>
/// <param name="EndingHashKey">The last hash key.</param>
/// <param name="StartingSequenceNumber">The first sequence number it could give out; null where it is not known.</param>
internal sealed record ShardRange(string ShardId, UInt128 StartingHashKey, UInt128 EndingHashKey, string? StartingSequenceNumber = null)
{
    /// <summary>
    /// The sequence numbers of a shard are less than 10^41 above its first one; those of a shard created later are higher. AWS does not
    /// document how they are made. In all examples of its guides, the second in which the shard was created counts 2^148 and each
    /// record 2^80. So 10^41 is enough for 8 × 10^16 records and is far less than a second.
    /// </summary>
    private const int SpanDigits = 41;

    /// <summary>
    /// Returns the id that this range has where the given one is equal, else the given one. Answers bring strings of their own; whoever looks up one and the
    /// same string again and again, as metrics do, then need not compare what it says.
    /// </summary>
    public string OwnId(string shardId) => shardId == ShardId ? ShardId : shardId;

    public bool Contains(UInt128 hashKey) => hashKey >= StartingHashKey && hashKey <= EndingHashKey;

    /// <summary>Whether all hash keys between the two belong to this shard.</summary>
    public bool Contains(UInt128 lowest, UInt128 highest) => lowest >= StartingHashKey && highest <= EndingHashKey;

    /// <summary>Whether all of the hash keys belong to this shard.</summary>
    public bool ContainsAll(ReadOnlySpan<UInt128> hashKeys)
    {
        foreach (var hashKey in hashKeys)
        {
            if (!Contains(hashKey))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Whether a sequence number given under this shard's id seems to belong to a shard that was created later: then the stream was
    /// deleted and created again. False where the numbers do not tell.
    /// </summary>
    public bool SeemsOlderThan(string sequenceNumber)
    {
        if (StartingSequenceNumber is not { } first || first.Length <= SpanDigits || sequenceNumber.Length != first.Length)
            return false;
        var head = sequenceNumber.AsSpan(0, first.Length - SpanDigits);
        var firstHead = first.AsSpan(0, head.Length);
        if (head.SequenceEqual(firstHead) || !ulong.TryParse(head, out var high) || !ulong.TryParse(firstHead, out var firstHigh))
            return false;
        return high > firstHigh
            && (high - firstHigh > 1 || string.CompareOrdinal(sequenceNumber, head.Length, first, head.Length, SpanDigits) >= 0);
    }
}
