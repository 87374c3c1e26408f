using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>The rider of sinks, which may keep records that were accepted here from failing. Many puts share one.</summary>
internal abstract class SinkRider
{
    /// <summary>Keeps a record that is about to fail, with its memory. False where it fails; the reason may have changed.</summary>
    public abstract bool TryKeep(MemberRef member, in AggregateMember content, ref FailureReason reason);

    /// <summary>Whether a record with that result would be sent again later.</summary>
    public abstract bool MayComeAgain(in RecordResult result);
}

/// <summary>The sink of records that have a place in this process, to which they return where they are not delivered.</summary>
internal abstract class ReturningSink(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    public sealed override Counting Counting => Counting.MemoryOnly;

    /// <summary>Sets the outcome of a record that another process ended.</summary>
    /// <param name="number">The producer number that it was sent with, where it was not delivered; null where it had none.</param>
    public abstract void SetResult(int index, in RecordResult result, ProducerNumber? number);

    /// <summary>Takes a failed record back, whose memory has been released.</summary>
    public abstract void TakeBack(int index, in AggregateMember content, FailureReason reason);

    /// <summary>Whether a record with that result would be sent again later.</summary>
    public abstract bool MayComeAgain(in RecordResult result);

    /// <summary>Whether a record of a sink with that result would be sent again later.</summary>
    public static bool MayComeAgain(OutcomeSink sink, in RecordResult result) =>
        sink is ReturningSink returning ? returning.MayComeAgain(result) : sink.Rider is SinkRider rider && rider.MayComeAgain(result);
}
