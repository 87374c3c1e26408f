using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>The way of records from the backlog into the engines.</summary>
internal sealed partial class StreamBacklog
{
    /// <summary>Where order matters nothing overtakes a record by its failing: each is tried until it is delivered, or set aside.</summary>
    private const long Always = 24 * TimeSpan.TicksPerDay;

    /// <summary>Replayed records leave more than half of the room to live ones: where they filled it themselves it would never stop to spill.</summary>
    private const double MostOfTheRoom = 0.4;

    /// <summary>Takes room for records that are to be replayed. Live ones go first, and while they find none nothing is replayed but a probe.</summary>
    /// <param name="charge">Their bytes.</param>
    /// <param name="records">How many.</param>
    /// <param name="isProbe">None are out: these may take what they need.</param>
    public bool TryLetOut(long charge, int records, bool isProbe) =>
        (Spill is null || Spill.AllowsReplay) && (isProbe || _room.FillWith(charge, records) <= MostOfTheRoom) && _room.TryReserve(charge, records);

    /// <summary>The records of a segment; null where they cannot be had now, or ever.</summary>
    public async Task<PackedRecords?> ReadAsync(HeldSegment segment)
    {
        try
        {
            var bytes = await segment.Book.Log.ReadAsync(segment.Number, _stop.Token).ConfigureAwait(false);
            Healed(Trouble.Reading);
            if (bytes is null)
            {
                GivenUp(segment, false, "nowhere", "the segment is gone");
                return null;
            }

            var header = Segment.ReadRecords(bytes, out var records);
            segment.OldestAt = header.OldestAt;
            Count(segment, records.Count);
            return records;
        }
        catch (SegmentFormatException e)
        {
            await SetAsideAsync(segment, e).ConfigureAwait(false);
        }
        catch (BacklogStoreException e)
        {
            segment.NotBefore = _clock.Now + RetryAfter;
            Told(Trouble.Reading, e.Message);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }

        return null;
    }

    /// <summary>A segment was taken from the line and not replayed: it waits again, if it is still there.</summary>
    public void ParkAgain(HeldSegment segment)
    {
        segment.Unqueue();
        if (segment.IsOver)
            Over(segment);
        else
            segment.Book.Park(segment, _clock.Now);
    }

    /// <summary>Lets the records of a segment out that are not done, part by part.</summary>
    public async Task ReplayAsync(HeldSegment segment, PackedRecords records)
    {
        if (segment.Book.IsLost || segment.IsOver)
        {
            ParkAgain(segment);
            return;
        }

        if (Now - segment.OldestAt > _settings.Options.BacklogMaxAge.TotalMilliseconds)
        {
            await SetAsideAsync(segment, records).ConfigureAwait(false);
            return;
        }

        var places = records.Places();
        if (_limit.IsUnknown && places.Any(p => p.DataLength > _settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes))
            await _limit.KnownAsync().ConfigureAwait(false);
        segment.Enter(segment.Count - segment.DoneCount);
        var prepared = _services.Batches.Rent();
        try
        {
            foreach (var (first, count) in Runs(segment, places, _mostReplayed))
            {
                var ends = new UnfitEnds(this, segment);
                prepared.Read(records, places.AsMemory(first, count), first, _settings.MaxRecordBytes, ends);
                if (prepared.Count == 0)
                    continue;
                if (await _replayer.EnterAsync(prepared.Charge, prepared.Count).ConfigureAwait(false) is not { } part)
                    return;
                prepared.AcceptedFor(NewSink(segment, part, _inMemory.Enter(prepared.Count)));
                _route(prepared);
                prepared.Clear();
            }
        }
        finally
        {
            prepared.Clear();
            _services.Batches.Return(prepared);
        }
    }

    /// <summary>Something went wrong that should not.</summary>
    public void Broken(Exception defect) => _services.Events.Unexpected("the replay of the backlog", defect);

    /// <summary>What the store took goes into the engines, but for what stays there.</summary>
    private void Route(HeldSegment segment, PackedRecords records, List<int> parked, FlushGeneration generation)
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

    /// <summary>Records whose callers still wait go into the engines, each until its own time-to-live ends.</summary>
    private void RouteForCallers(PendingSegment segment)
    {
        var records = segment.Writer.Records;
        var places = records.Places();
        for (var first = 0; first < places.Length;)
        {
            var (sink, index) = segment.Callers[first];
            var count = 1;
            while (count < PreparedBatch.MaxRecords && first + count < places.Length && segment.Callers[first + count] == new Member(sink, index + count))
                count++;
            if (segment.Held is { } held)
            {
                var terms = new AcceptanceTerms(Enter(held, count), sink.AcceptedAt, sink.ExpiresAt, sink.Immediate);
                Route(records, places.AsMemory(first, count), first, new SegmentSink(this, held, null, terms));
            }
            else
            {
                Route(records, places.AsMemory(first, count), index, sink);
            }

            first += count;
        }
    }

    private void Route(PackedRecords records, ReadOnlyMemory<PackedPlace> places, int firstIndex, OutcomeSink sink)
    {
        var prepared = _services.Batches.Rent();
        prepared.Read(records, places, firstIndex, long.MaxValue, new UnfitEnds(this, null));
        prepared.AcceptedFor(sink);
        _route(prepared);
        prepared.Clear();
        _services.Batches.Return(prepared);
    }

    private SegmentSink NewSink(HeldSegment segment, ReplayPart? part, FlushGeneration generation)
    {
        var now = _clock.Now;
        var expiresAt = now + (_settings.KeepsOrder ? Always : _settings.Ttl);
        return new SegmentSink(this, segment, part, new AcceptanceTerms(generation, now, expiresAt, Immediate: false));
    }

    /// <summary>Runs of records that are not done, as many as a batch takes and the window likes.</summary>
    private static IEnumerable<(int First, int Count)> Runs(HeldSegment segment, PackedPlace[] places, int most)
    {
        for (var first = 0; first < places.Length;)
        {
            if (segment.IsDone(first))
            {
                first++;
                continue;
            }

            var (count, bytes) = (0, 0L);
            while (count < most && bytes < ReplayWindow.Least && first + count < places.Length && !segment.IsDone(first + count))
                bytes += places[first + count++].DataLength + RecordValidator.ChargePerRecord;
            yield return (first, count);
            first += count;
        }
    }

    private async Task SetAsideAsync(HeldSegment segment, SegmentFormatException why)
    {
        try
        {
            var where = await segment.Book.Log.SetAsideAsync(segment.Number, _stop.Token).ConfigureAwait(false);
            Healed(Trouble.MovingAside);
            GivenUp(segment, false, where, why.Message);
        }
        catch (BacklogStoreException e)
        {
            segment.NotBefore = _clock.Now + RetryAfter;
            Told(Trouble.MovingAside, e.Message);
        }
    }

    private void GivenUp(HeldSegment segment, bool isThere, string where, string why)
    {
        Interlocked.Increment(ref _damaged);
        _services.Instruments.BacklogSegmentsDamaged.Add(1, KplInstruments.Tags(_stream));
        _services.Events.SegmentSetAside(_stream, where, why);
        _accounts.FromBacklogToUnknown(segment.Waiting);
        Over(segment, isThere);
    }

    /// <summary>Records that are not fit any more come back like any other that fails.</summary>
    private sealed class UnfitEnds(StreamBacklog backlog, HeldSegment? segment) : IBatchEnds
    {
        public bool HasAccepted { get; set; }

        public void End(int index, in RecordResult result) => backlog.CameBack(segment!, index, result);

        public OutcomeSink NewPart(int count, in AcceptanceTerms terms) => throw new InvalidOperationException("records of the backlog have sinks of their own");

        public void AllHandedOver()
        {
        }
    }
}
