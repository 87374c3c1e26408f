using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>Adapts verdicts to an ordered stream with a backlog.</summary>
internal static class StoredVerdicts
{
    /// <summary>
    /// Returns the verdict for a Kinesis record that may have records of the backlog. Where a throttle would fail it, it is tried again in its place: its
    /// records would go back to the store, and newer ones would overtake them. Whatever else ends a record here ends it for good.
    /// </summary>
    public static Verdict Of(Verdict verdict, KinesisRecord record) =>
        verdict is { Kind: VerdictKind.Fail, Code: RecordErrorCodes.Throttled } && MayBeStored(record) ? verdict with { Kind = VerdictKind.Retry } : verdict;

    /// <summary>Whether a member is in the backlog. Those of another process may be in its backlog, which is not known here.</summary>
    private static bool MayBeStored(KinesisRecord record)
    {
        foreach (ref readonly var member in record.Members)
        {
            if (member.Sink.OutcomeRider is { CountsElsewhere: true } or { CountsMemoryOnly: true })
                return true;
        }

        return false;
    }
}
