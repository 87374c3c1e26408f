using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Ends records whose owner does not answer. Two silos may be cut off from each other while others reach both: then nobody declares either
/// of them dead, and records on their way must end all the same.
/// </summary>
internal sealed partial class Outbox
{
    /// <summary>The longest time after which a call to <see cref="ISiloCalls.TakeRecordsAsync"/> may still be carried out.</summary>
    private static readonly TimeSpan LongestWay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a record that is in a segment of the backlog, and on an ordered stream has no time-to-live, may be on its way to an owner
    /// that does not say that it has it. Then the tenure ends, and the record goes to the next owner before all others.
    /// </summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after its time-to-live the owner may still be sending a record: it may have arrived late, and its last request may be under
    /// way.
    /// </summary>
    private long Grace => stream.RequestTimeout.Ticks + LongestWay.Ticks;

    /// <summary>
    /// Ends the records whose time-to-live is over. A record that the owner cannot have has expired. One that it may have is waited for until
    /// the owner cannot be sending it any more; then it ends as unknown.
    /// </summary>
    private void EndExpired(long now)
    {
        List<ForwardedOutcome> ends = [];
        List<OutgoingFrame> over = [];
        lock (_lock)
        {
            if (_isLost)
                return;
            _waiting.TakeExpired(now, stream.Clock.ToUtc(now), ends);
            var next = _waiting.EarliestExpiry();
            foreach (var sent in _sent.All)
            {
                next = Math.Min(next, EndExpired(sent, now, ends));
                sent.TakeExpiredBack(now, stream.Clock.ToUtc(now), ends);
                if (sent.HasEnded)
                    over.Add(sent);
                else
                    next = Math.Min(next, sent.EarliestBackExpiry);
            }

            // Outcomes that still come find no record, and the owner learns with the next frame that these are over.
            foreach (var sent in over)
                _sent.Remove(sent);
            Expiry.Searched(now, next);
        }

        // Outside the lock, as for outcomes that come back.
        stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
        foreach (var sent in over)
            sent.Tenure?.Ended(sent);
    }

    /// <summary>Ends the records of one frame that are over. Returns when the next one may be.</summary>
    private long EndExpired(OutgoingFrame sent, long now, List<ForwardedOutcome> ends)
    {
        if (FirstDeadline(sent) is var first && first > now)
            return first;
        FailureReason? reason = null;
        var next = long.MaxValue;
        for (var index = 0; index < sent.Count; index++)
        {
            if (!sent.IsOpen(index))
                continue;
            var sink = sent.SinkOf(index);
            if (Deadline(sent, sink) is var deadline && deadline > now)
            {
                next = Math.Min(next, deadline);
                continue;
            }

            // The record still has time. In the backlog, newer records would overtake it.
            if (DeadlineOf(sent, sink.ExpiresAt) > now && sent.TryGiveBackStored(index))
                continue;
            sent.GiveUp(index);
            ends.Add(sent.MayBeThere
                ? sent.OutcomeOf(index, RecordResult.NotDelivered(
                    RecordStatus.Unknown, RecordErrorCodes.OwnerLost, $"silo {silo} cannot be reached, and has not told the record's end", null))
                : sent.ExpiredOf(index, stream.Clock.ToUtc(now), ref reason));
        }

        // Before the call that carries the frame can say that it is over: nothing of the tenure is sent after that.
        if (sent.IsGivenUp || sent.GivenBack > 0)
            sent.Tenure?.BreakOff();
        return next;
    }

    /// <summary>
    /// Whether a record of an ordered stream's backlog goes to the next owner before all others, though its owner ended it: the owner stops, say.
    /// In the backlog, newer ones would overtake it. Nor does one go there that an owner that stops has not sent, and that its caller wants kept.
    /// The tenure ends at once: whoever ends a record does not give back those behind it.
    /// </summary>
    private bool KeepsItsPlace(OutgoingFrame sent, int index, in RecordResult result)
    {
        var sink = sent.SinkOf(index);
        if (sent.Tenure is null || result.IsSuccess || sink.ExpiresAt <= stream.Clock.Now || sink.OutcomeRider?.MayComeAgain(result) != true)
            return false;
        sent.Tenure.BreakOff();
        return true;
    }

    /// <summary>When a record of the frame ends here, unless the owner tells its outcome before.</summary>
    private long Deadline(OutgoingFrame sent, OutcomeSink sink) =>
        DeadlineOf(sent, sink.OutcomeRider is { CountsMemoryOnly: true } ? Math.Min(sink.ExpiresAt, LatestSilent(sent)) : sink.ExpiresAt);

    /// <summary>No record of the frame ends here before. It costs less than to look at each record.</summary>
    private long FirstDeadline(OutgoingFrame sent) => DeadlineOf(sent, Math.Min(sent.EarliestExpiry, LatestSilent(sent)));

    private long DeadlineOf(OutgoingFrame sent, long expiresAt) => expiresAt + (sent.MayBeThere ? Grace : 0);

    private static long LatestSilent(OutgoingFrame sent) => sent.IsTaken ? long.MaxValue / 2 : sent.At + LongestSilence.Ticks;
}
