using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Routes records of segments into the engines.</summary>
/// <param name="context">The context shared by all parts of the backlog.</param>
/// <param name="outcomes">Receives the outcomes of the records.</param>
/// <param name="router">Routes them to their shards.</param>
/// <param name="arrived">Told of each arrival there.</param>
/// <param name="inMemory">Counts the records that are in the engines.</param>
internal sealed class SegmentRouter(BacklogContext context, SegmentOutcomes outcomes, IRoute router, Action<long> arrived, FlushBarrier inMemory)
{
    /// <summary>The longest time-to-live of a record of the backlog: longer than any <c>BacklogMaxAge</c>.</summary>
    private const long Always = 400 * TimeSpan.TicksPerDay;

    /// <summary>Counts records of a segment that are about to be routed. Must be called before they are.</summary>
    public FlushGeneration Enter(LogSegment segment, int records)
    {
        if (records > 0)
            segment.Enter(records);
        return inMemory.Enter(records);
    }

    /// <summary>Routes the records of a segment that was just written, except for those that stay in the store.</summary>
    public void RouteWritten(PendingSegment segment, FlushGeneration generation)
    {
        var (records, parked, turns) = (segment.Writer.Records, segment.Parked, segment.Turns);
        var positions = records.Positions();
        Span<SegmentSink?> sinks = [null, null];
        for (int first = 0, skip = 0, turn = 0; first < positions.Length;)
        {
            if (skip < parked.Count && parked[skip] == first)
            {
                (first, skip) = (first + 1, skip + 1);
                continue;
            }

            while (turn < turns.Count && turns[turn] <= first)
                turn++;
            var end = Math.Min(skip < parked.Count ? parked[skip] : positions.Length, turn < turns.Count ? turns[turn] : positions.Length);
            var count = Math.Min(end - first, PreparedBatch.MaxRecords);
            Route(records, positions.AsMemory(first, count), first, sinks[turn % 2] ??= NewSink(segment.InLog!, null, generation, isDueAtOnce: turn % 2 > 0));
            first += count;
        }
    }

    /// <summary>
    /// Routes records whose callers still wait for the store, each until its own time-to-live expires. Where all of them have expired, they end at once.
    /// </summary>
    public void RouteUnwritten(PendingSegment segment)
    {
        var records = segment.Writer.Records;
        var positions = records.Positions();
        var areExpired = segment.LastExpiry <= context.Clock.Now;
        for (var first = 0; first < positions.Length;)
        {
            var (sink, index) = segment.Callers[first];
            var count = 1;
            while (count < PreparedBatch.MaxRecords && first + count < positions.Length && segment.Callers[first + count] == new MemberRef(sink, index + count))
                count++;
            if (segment.InLog is { } inLog)
            {
                // A flush that waits for their callers' outcomes waits for these records.
                var terms = new AcceptanceTerms(Enter(inLog, count), sink.AcceptedAt, sink.ExpiresAt, sink.IsDueAtOnce, IsAlone: sink.IsAlone);
                (sink, index) = (new SegmentSink(outcomes, inLog, null, terms), first);
            }

            if (areExpired)
                Expire(records, positions.AsSpan(first, count), index, sink);
            else
                Route(records, positions.AsMemory(first, count), index, sink);

            first += count;
        }
    }

    /// <summary>Reads records to be replayed into the batch. Records that the stream no longer accepts come back at once.</summary>
    /// <param name="positions">The records to be read.</param>
    /// <param name="firstIndex">The index of the first of them in the segment.</param>
    /// <param name="cameBack">Receives the indexes of those that come back.</param>
    public void ReadReplayed(
        PreparedBatch batch, LogSegment segment, PackedRecords records, ReadOnlyMemory<PackedPosition> positions, int firstIndex, HashSet<int> cameBack) =>
        PackedOrigin.Read(
            batch, records, positions, firstIndex, context.Settings.MaxRecordBytes,
            new UnfitRecords(outcomes, segment, cameBack, index => records.NumberOf(positions.Span[index - firstIndex])));

    /// <summary>Routes the records of a replayed batch. Their memory is already reserved.</summary>
    /// <param name="segment">Their segment.</param>
    /// <param name="part">The replay that they are part of.</param>
    /// <param name="goAlone">Whether each of them is sent alone.</param>
    public void RouteReplayed(PreparedBatch batch, LogSegment segment, ReplayPart part, bool goAlone)
    {
        // A replayed record has waited long enough: without a linger, the window grows to what the shards take.
        batch.Sink = NewSink(segment, part, inMemory.Enter(batch.Count), isDueAtOnce: true, goAlone);
        RouteStored(batch);
        batch.Clear();
    }

    private void Route(PackedRecords records, ReadOnlyMemory<PackedPosition> positions, int firstIndex, OutcomeSink sink)
    {
        var batch = context.Services.Batches.Rent();
        // The records were found valid when they were accepted, a moment ago.
        PackedOrigin.Read(batch, records, positions, firstIndex, long.MaxValue, new UnfitRecords(outcomes, null, null, static _ => null));
        batch.Sink = sink;
        RouteStored(batch);
        context.Services.Batches.Return(batch);
    }

    private void RouteStored(PreparedBatch batch)
    {
        router.Route(batch);
        arrived(context.Clock.Now);
    }

    /// <summary>
    /// In an ordered stream, no record may overtake one that failed: each is tried until it is delivered, or too old. Then it goes back to the store, and
    /// from there to the dead letters, before the store may let go of it.
    /// </summary>
    private long UntilTooOld(LogSegment segment) =>
        Math.Clamp(context.Settings.Options.BacklogMaxAge.Ticks + TimeSpan.TicksPerMillisecond - context.AgeOf(segment).Ticks, 0, Always);

    private void Expire(PackedRecords records, ReadOnlySpan<PackedPosition> positions, int firstIndex, OutcomeSink sink)
    {
        for (var i = 0; i < positions.Length; i++)
        {
            var record = records.ToUserRecord(positions[i]);
            var content = new AggregateMember(
                Encoding.UTF8.GetBytes(record.PartitionKey), record.ExplicitHashKey, record.Data, records.NumberOf(positions[i])?.Unpacked);
            outcomes.Expire(content, new MemberRef(sink, firstIndex + i));
        }
    }

    private SegmentSink NewSink(LogSegment segment, ReplayPart? part, FlushGeneration generation, bool isDueAtOnce, bool goAlone = false)
    {
        var now = context.Clock.Now;
        var expiresAt = now + (context.Settings.KeepsOrder ? UntilTooOld(segment) : context.Settings.Ttl);
        var terms = new AcceptanceTerms(
            generation, now, expiresAt, Immediate: isDueAtOnce, WrongShards: goAlone ? AttemptChain.WrongShardsUntilAlone : 0, IsAlone: segment.IsAlone);
        return new SegmentSink(outcomes, segment, part, terms);
    }

    /// <summary>Returns records that are no longer valid, because the stream now takes smaller ones, like any other record that fails.</summary>
    private sealed class UnfitRecords(SegmentOutcomes outcomes, LogSegment? segment, HashSet<int>? cameBack, Func<int, PackedNumber?> numberOf)
        : IBatchOutcomes
    {
        public bool HasAccepted { get; set; }

        public void End(int index, in RecordResult result)
        {
            cameBack?.Add(index);
            outcomes.CameBack(segment!, index, result.WithNumber(numberOf(index)));
        }

        public OutcomeSink NewPart(int count, in AcceptanceTerms terms) =>
            throw new InvalidOperationException("records of the backlog have sinks of their own");

        public void AllHandedOver()
        {
        }
    }
}
