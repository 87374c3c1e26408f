using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Links;

/// <summary>Creates the outcomes of packed records that are kept here, in the form that the pipeline takes.</summary>
internal static class ForwardedOutcomes
{
    /// <summary>Returns the outcome that the owner reports, with the attempts before the record went there and, if it failed, the record itself.</summary>
    public static ForwardedOutcome Of(QueuedFrame frame, int place, RecordResult result)
    {
        var held = frame.Records[place];
        if (held.History is not null)
            result = result.WithEarlier(AttemptChain.ToArray(held.History));
        return result.IsSuccess
            ? new ForwardedOutcome(held.Member, held.Charge, result)
            : new ForwardedOutcome(held.Member, held.Charge, result.WithRecord(frame.RecordAt(place)), frame.NumberAt(place));
    }

    /// <summary>Returns unknown outcomes for the remaining records of a frame: Kinesis may have them or not.</summary>
    public static ForwardedOutcome[] Unknown(SentFrame sent, string code, string message)
    {
        var ends = new List<ForwardedOutcome>();
        for (var place = 0; place < sent.Frame.Records.Length; place++)
        {
            if (sent.TryEnd(place))
                ends.Add(Unknown(sent.Frame, place, code, message));
        }

        return [.. ends];
    }

    /// <summary>Returns an unknown outcome for one record.</summary>
    public static ForwardedOutcome Unknown(QueuedFrame frame, int place, string code, string message) =>
        Of(frame, place, RecordResult.NotDelivered(RecordStatus.Unknown, code, message, null));

    /// <summary>Returns outcomes for the records whose time-to-live is over while the owner of their shard is not known.</summary>
    public static ForwardedOutcome[] Expired(QueuedFrame frame, long now, DateTimeOffset at)
    {
        FailureReason? reason = null;
        var ends = new List<ForwardedOutcome>();
        for (var place = 0; place < frame.Records.Length; place++)
        {
            if (frame.Records[place].Member.Sink.ExpiresAt <= now)
                ends.Add(Expired(frame, place, at, ref reason));
        }

        return [.. ends];
    }

    /// <summary>Returns the outcome of one record whose time-to-live is over.</summary>
    /// <param name="at">When it expired.</param>
    /// <param name="reason">The reason of the record before, to be shared; then that of this one.</param>
    public static ForwardedOutcome Expired(QueuedFrame frame, int place, DateTimeOffset at, ref FailureReason? reason)
    {
        var held = frame.Records[place];
        reason = Expiry.ReasonOf(held.History, at, reason);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, frame.RecordAt(place), reason.Attempts);
        return new ForwardedOutcome(held.Member, held.Charge, result, frame.NumberAt(place));
    }
}
