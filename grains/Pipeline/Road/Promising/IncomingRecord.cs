using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>An accepted record on its way into an aggregate. Only the bytes that the aggregate copies are kept.</summary>
internal readonly ref struct IncomingRecord
{
    /// <summary>The partition key as UTF-8.</summary>
    public required ReadOnlySpan<byte> PartitionKey { get; init; }

    /// <summary>The explicit hash key where there is one, else the MD5 of the partition key.</summary>
    public required UInt128 HashKey { get; init; }

    public required bool HasExplicitHashKey { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    public required MemberRef Member { get; init; }

    /// <summary>Its earlier attempts; null for a new record.</summary>
    public AttemptChain? History { get; init; }

    /// <summary>The producer number that it has already; null where it gets one with its place in an aggregate, or none.</summary>
    public ProducerNumber? Number { get; init; }

    /// <summary>Whether it has already lingered. Its aggregate is sent as soon as the shard's tokens allow.</summary>
    public bool IsDueAtOnce { get; init; }

    /// <summary>Returns a member of a Kinesis record, read back, as a record of its own.</summary>
    /// <param name="hashKey">The hash key that it is routed by.</param>
    /// <param name="history">Its attempts; null where they do not count.</param>
    /// <param name="isDueAtOnce">Whether it does not linger again.</param>
    public static IncomingRecord Of(
        in AggregateMember content, UInt128 hashKey, MemberRef member, AttemptChain? history, bool isDueAtOnce = false) => new()
    {
        PartitionKey = content.PartitionKey.Span, HashKey = hashKey, HasExplicitHashKey = content.ExplicitHashKey.HasValue,
        Data = content.Data.Span, Member = member, History = history, Number = content.Number, IsDueAtOnce = isDueAtOnce,
    };

    /// <summary>Returns this record with more attempts; it does not linger again.</summary>
    public IncomingRecord After(AttemptChain? history) => new()
    {
        PartitionKey = PartitionKey, HashKey = HashKey, HasExplicitHashKey = HasExplicitHashKey, Data = Data, Member = Member, History = history,
        Number = Number, IsDueAtOnce = true,
    };
}
