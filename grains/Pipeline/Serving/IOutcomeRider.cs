using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Serving;

/// <summary>A rider that has a say in where records are counted, and in how those end that were not delivered.</summary>
internal interface IOutcomeRider : ISinkRider
{
    /// <summary>Whether the memory limit of the stream counts the records, but another ledger.</summary>
    bool CountsMemoryOnly => false;

    /// <summary>Returns what a record is charged that is counted elsewhere.</summary>
    long ChargeElsewhere(int index) => 0;

    /// <summary>Keeps a record that is about to fail, or takes it back, and sees to its memory. False where it fails.</summary>
    bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason) => false;

    /// <summary>Returns the reason for which a record fails that was not kept.</summary>
    FailureReason Explain(FailureReason reason) => reason;

    /// <summary>Gives an undelivered record back to the process that accepted it. False where that is this one.</summary>
    bool TryGiveBack(int index, Attempt[] attempts) => false;

    /// <summary>Whether a record with that result would be sent again later.</summary>
    bool MayComeAgain(in RecordResult result) => false;
}

/// <summary>Finds the riders of sinks.</summary>
internal static class OutcomeRiders
{
    extension(OutcomeSink sink)
    {
        /// <summary>The rider of the sink's records; null where none has a say in their outcomes.</summary>
        public IOutcomeRider? OutcomeRider => sink.Rider as IOutcomeRider;
    }
}
