using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Sending;

namespace Orleans.Kpl.Pipeline.Flushing;

/// <summary>What a sender holds.</summary>
internal static class SenderContents
{
    extension(StreamSender sender)
    {
        /// <summary>Whether a call is under way.</summary>
        public bool HasCalls => sender.Within(static (_, calls) => calls.Count > 0);

        /// <summary>Whether a call could begin if there were records to send.</summary>
        /// <param name="maxCalls">How many are made at a time.</param>
        public bool CanBegin(int maxCalls) => sender.Within((collected, calls) => calls.Count < maxCalls && collected.IsEmpty);

        /// <summary>Returns when the oldest record in the sender was accepted; <see cref="long.MaxValue"/> where it has none.</summary>
        public long OldestAcceptedAt() => sender.Within(static (collected, calls) => collected.Waiting.Concat(calls.SelectMany(static c => c.Records))
            .Select(static r => r.OldestAcceptedAt).DefaultIfEmpty(long.MaxValue).Min());

        /// <summary>Removes and returns the matching Kinesis records that are collected but not in a call yet.</summary>
        public List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant) => sender.Within((collected, _) => collected.TakeOut(isMeant));
    }
}
