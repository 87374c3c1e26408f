using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>What becomes of segments that were written, and of records that stand in them.</summary>
internal sealed partial class StreamBacklog
{
    /// <summary>A record that came back undelivered is tried again after so long.</summary>
    private const long RetryAfter = TimeSpan.TicksPerSecond;

    private static readonly RecordResult Persisted = RecordResult.Acknowledged(RecordStatus.Persisted);

    /// <summary>Kinesis has a record of a segment.</summary>
    public void Delivered(HeldSegment segment, int index, in RecordResult result)
    {
        var caller = segment.Done(index);
        if (caller.Sink is null)
        {
            _accounts.FromBacklogToDelivered(1);
        }
        else
        {
            _accounts.Delivered(1);
            End(caller, result);
        }

        SeeTo(segment);
    }

    /// <summary>A record of a segment was not delivered this time; its room was given back.</summary>
    public void CameBack(HeldSegment segment, int index, in AggregateMember content, FailureReason reason)
    {
        if (segment.IsDurable && IsForGood(reason.Code, reason.Attempts.Length))
        {
            SetAside(segment, index, content.ToUserRecord(), reason.Code, reason.Message);
            return;
        }

        var caller = segment.Back(index);
        if (caller.Sink is not null)
            _ender.EndFailed(content, caller, Explain(caller.Sink, reason));
        else
            Parked(segment);
        SeeTo(segment);
    }

    /// <summary>The same, for what another process tells.</summary>
    public void CameBack(HeldSegment segment, int index, in RecordResult result)
    {
        if (segment.IsDurable && result is { Status: RecordStatus.Failed, Record: { } record } && IsForGood(result.ErrorCode!, result.Attempts.Count))
        {
            SetAside(segment, index, record, result.ErrorCode!, result.ErrorMessage);
            return;
        }

        var caller = segment.Back(index);
        if (caller.Sink is not null)
            _ender.EndFailed(caller, result);
        else
            Parked(segment);
        SeeTo(segment);
    }

    void ICommitHost.Acknowledged(PendingSegment segment)
    {
        var held = segment.Held!;
        lock (segment)
        {
            held.OldestAt = AcceptedAt(segment.OpenedAt);
            var routes = !segment.IsRouted;
            var parksAll = routes && _settings.KeepsOrder && WaitsInStore;
            var toRoute = !routes || parksAll ? 0 : held.Count - segment.Parked.Count;
            var generation = Enter(held, toRoute);
            Acknowledge(held.Durable(_accounts));
            if (routes)
            {
                segment.IsRouted = true;
                var records = segment.Writer.Records;
                GiveBackParked(segment, records, parksAll);
                if (toRoute > 0)
                    Route(held, records, segment.Parked, generation);
            }

            segment.IsReleased = true;
            _commit.Release(segment);
        }

        SeeTo(held);
    }

    void ICommitHost.NotWritten(IReadOnlyList<PendingSegment> segments)
    {
        foreach (var segment in segments)
        {
            lock (segment)
            {
                if (segment.IsReleased || segment.IsRouted)
                    continue;
                segment.IsRouted = true;
                if (segment.Spilled.Records > 0)
                    Unspill(segment.Spilled.Bytes, segment.Spilled.Records);
                segment.Encode();
                RouteForCallers(segment);
                if (segment.Held is not null)
                    continue;
                segment.IsReleased = true;
                _commit.Release(segment);
            }
        }
    }

    void ICommitHost.StateChanged(StoreState state, string? error)
    {
        if (state == StoreState.Good)
        {
            foreach (var what in Enum.GetValues<Trouble>())
                Healed(what);
        }
        else if (state != StoreState.Stopped)
        {
            Told(Trouble.Writing, error ?? "");
        }

        Spill?.Look();
        _replayer.Wake();
    }

    void ICommitHost.Fenced(LogBook book, Storing.BacklogFencedException why)
    {
        OpenLog? log;
        lock (_gate)
            log = _logs.Find(l => l.Book == book);
        if (log is not null)
            Lost(log, why);
    }

    /// <summary>Segments that will never be written: their records go their way without.</summary>
    private void GiveUp(List<PendingSegment> segments) => ((ICommitHost)this).NotWritten(segments);

    /// <summary>Kinesis will not take such a record later either.</summary>
    private bool IsForGood(string code, int attempts) =>
        code is not (RecordErrorCodes.Expired or RecordErrorCodes.Shutdown or RecordErrorCodes.OwnerLost)
        && (code != RecordErrorCodes.Throttled || (_settings.Options.MaxAttempts > 0 && attempts >= _settings.Options.MaxAttempts));

    private void Parked(HeldSegment segment)
    {
        if (segment.Book.IsLost)
            _accounts.FromBacklogToUnknown(1);
        else
            segment.NotBefore = _clock.Now + RetryAfter;
    }

    /// <summary>A segment may be over, or wait in the store.</summary>
    private void SeeTo(HeldSegment segment)
    {
        if (segment.IsOver)
        {
            Over(segment);
            return;
        }

        if (segment.DoneCount > 0)
            segment.Book.Touch(segment);
        if (segment.Waiting > 0 && segment.InMemory == 0)
        {
            segment.Book.Park(segment, _clock.Now);
            _replayer.Wake();
        }
    }

    /// <summary>Counted in before their callers are answered, so that whoever waits for these waits for those too.</summary>
    private FlushGeneration Enter(HeldSegment held, int records)
    {
        if (records > 0)
            held.Enter(records);
        return _inMemory.Enter(records);
    }

    private static void Acknowledge(List<Member> callers)
    {
        for (int i = 0, start = 0; i < callers.Count; i++)
        {
            var sink = callers[i].Sink;
            sink.Set(callers[i].Index, Persisted);
            if (i + 1 < callers.Count && ReferenceEquals(callers[i + 1].Sink, sink))
                continue;
            sink.Ended(i + 1 - start);
            sink.Generation.Leave(i + 1 - start);
            start = i + 1;
        }
    }

    private static void End(Member caller, in RecordResult result)
    {
        caller.Sink.Set(caller.Index, result);
        caller.Sink.Ended(1);
        caller.Sink.Generation.Leave(1);
    }

    /// <summary>What stays in the store needs no room.</summary>
    private void GiveBackParked(PendingSegment segment, PackedRecords records, bool all)
    {
        if (segment.Spilled.Records > 0)
            Spill!.Written(segment.Spilled.Bytes, segment.Spilled.Records);
        var (charge, count) = (segment.ParkedCharge, segment.Parked.Count - segment.Spilled.Records);
        if (all)
        {
            (charge, count) = (-segment.Spilled.Bytes, records.Count - segment.Spilled.Records);
            foreach (var record in records)
                charge += RecordValidator.Charge(record.Place.KeyLength, record.IsExplicit, record.Place.DataLength);
        }

        _room.Release(charge, count);
    }
}
