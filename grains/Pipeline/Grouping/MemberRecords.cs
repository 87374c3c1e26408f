using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Grouping;

/// <summary>Returns members of a Kinesis record, read back, as records of their own.</summary>
internal static class MemberRecords
{
    /// <param name="history">Its attempts; null where they do not count.</param>
    /// <param name="isDueAtOnce">Whether it does not linger again.</param>
    public static IncomingRecord AsRecord(this in AggregateMember content, MemberRef member, AttemptChain? history, bool isDueAtOnce = false) => new()
    {
        PartitionKey = content.PartitionKey.Span, HashKey = content.HashKey, HasExplicitHashKey = content.ExplicitHashKey.HasValue,
        Data = content.Data.Span, Member = member, History = history, Number = content.Number, IsDueAtOnce = isDueAtOnce,
    };

    /// <summary>Whether a record of the sink is sent alone after these attempts here: see <see cref="OutcomeSink.GoesAlone"/>.</summary>
    public static bool GoesAloneAfter(this OutcomeSink sink, AttemptChain? attempts) =>
        sink.WrongShards + (attempts?.WrongShards ?? 0) >= AttemptChain.WrongShardsUntilAlone;
}
