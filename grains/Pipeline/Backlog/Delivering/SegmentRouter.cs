using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Lets records of segments out into the engines.</summary>
/// <param name="context">What the backlog works with.</param>
/// <param name="outcomes">Told what becomes of them.</param>
/// <param name="router">Routes them to their shards.</param>
/// <param name="inMemory">Counts those that are out.</param>
internal sealed class SegmentRouter(BacklogContext context, SegmentOutcomes outcomes, IBatchRouter router, FlushBarrier inMemory)
{
    /// <summary>Where order matters nothing overtakes a record by its failing: each is tried until it is delivered, or set aside.</summary>
    private const long Always = 24 * TimeSpan.TicksPerDay;

    /// <summary>So many records of a segment are about to be let out; comes before they are.</summary>
    public FlushGeneration Enter(HeldSegment segment, int records)
    {
        if (records > 0)
            segment.Enter(records);
        return inMemory.Enter(records);
    }

    /// <summary>Lets out what the store took now, but for the places that stay there.</summary>
    public void RouteWritten(HeldSegment segment, PackedRecords records, List<int> parked, FlushGeneration generation)
    {
        var places = records.Places();
        var sink = NewSink(segment, null, generation);
        for (int first = 0, skip = 0; first < places.Length;)
        {
            if (skip < parked.Count && parked[skip] == first)
            {
                (first, skip) = (first + 1, skip + 1);
                continue;
            }

            var end = skip < parked.Count ? parked[skip] : places.Length;
            var count = Math.Min(end - first, PreparedBatch.MaxRecords);
            Route(records, places.AsMemory(first, count), first, sink);
            first += count;
        }
    }

    /// <summary>Lets records out whose callers still wait for the store, each until its own time-to-live ends.</summary>
    public void RouteUnwritten(PendingSegment segment)
    {
        var records = segment.Writer.Records;
        var places = records.Places();
        for (var first = 0; first < places.Length;)
        {
            var (sink, index) = segment.Callers[first];
            var count = 1;
            while (count < PreparedBatch.MaxRecords && first + count < places.Length && segment.Callers[first + count] == new MemberRef(sink, index + count))
                count++;
            if (segment.Held is { } held)
            {
                var terms = new AcceptanceTerms(Enter(held, count), sink.AcceptedAt, sink.ExpiresAt, sink.Immediate);
                Route(records, places.AsMemory(first, count), first, new SegmentSink(outcomes, held, null, terms));
            }
            else
            {
                Route(records, places.AsMemory(first, count), index, sink);
            }

            first += count;
        }
    }

    /// <summary>Reads records into the batch that are to be replayed. Those that the stream does not take any more come back at once.</summary>
    public void ReadReplayed(PreparedBatch batch, HeldSegment segment, PackedRecords records, ReadOnlyMemory<PackedPlace> places, int firstIndex) =>
        batch.Read(records, places, firstIndex, context.Settings.MaxRecordBytes, new UnfitRecords(outcomes, segment));

    /// <summary>Lets the records of such a batch out; they have taken their memory.</summary>
    public void RouteReplayed(PreparedBatch batch, HeldSegment segment, ReplayPart part)
    {
        batch.AcceptedFor(NewSink(segment, part, inMemory.Enter(batch.Count)));
        router.RouteStored(batch);
        batch.Clear();
    }

    private void Route(PackedRecords records, ReadOnlyMemory<PackedPlace> places, int firstIndex, OutcomeSink sink)
    {
        var batch = context.Services.Batches.Rent();
        // They were found fit when they were accepted, a moment ago.
        batch.Read(records, places, firstIndex, long.MaxValue, new UnfitRecords(outcomes, null));
        batch.AcceptedFor(sink);
        router.RouteStored(batch);
        batch.Clear();
        context.Services.Batches.Return(batch);
    }

    private SegmentSink NewSink(HeldSegment segment, ReplayPart? part, FlushGeneration generation)
    {
        var now = context.Clock.Now;
        var expiresAt = now + (context.Settings.KeepsOrder ? Always : context.Settings.Ttl);
        return new SegmentSink(outcomes, segment, part, new AcceptanceTerms(generation, now, expiresAt, Immediate: false));
    }

    /// <summary>Records that are not fit any more, as the stream takes smaller ones now, come back like any other that fails.</summary>
    private sealed class UnfitRecords(SegmentOutcomes outcomes, HeldSegment? segment) : IBatchOutcomes
    {
        public bool HasAccepted { get; set; }

        public void End(int index, in RecordResult result) => outcomes.CameBack(segment!, index, result);

        public OutcomeSink NewPart(int count, in AcceptanceTerms terms) =>
            throw new InvalidOperationException("records of the backlog have sinks of their own");

        public void AllHandedOver()
        {
        }
    }
}
