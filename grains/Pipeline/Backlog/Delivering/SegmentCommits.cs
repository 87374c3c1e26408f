using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>
/// Handles segments once they are written or cannot be: notifies their callers, routes the records that go into the engines, and releases the memory
/// of records that stay in the store.
/// </summary>
internal sealed class SegmentCommits(
    BacklogContext context, BacklogState state, GroupCommit commit, BacklogLogs logs, Replayer replayer, MemoryLimit memory, SpillGate? spill,
    SegmentRouter router) : ICommitHost
{
    private static readonly RecordResult Persisted = RecordResult.Acknowledged(RecordStatus.Persisted);

    private volatile bool _isStopping;

    public bool MayRoute => _isStopping || !context.Settings.KeepsOrder || !(state.WaitsInStore || state.MayHideOlder);

    public bool IsOverLimit => state.IsOverLimit;

    /// <summary>From now on, records that the store does not take are routed, even while other records wait in the store.</summary>
    public void BeginStop() => _isStopping = true;

    public void Acknowledged(PendingSegment segment)
    {
        var inLog = segment.InLog!;
        lock (segment.Lock)
        {
            (inLog.OpenedAt, inLog.OldestAt) = (segment.OpenedAt, context.ToUnix(segment.OpenedAt));
            // If NotWritten came first, the records are already in the engines, and the delivered ones are done.
            var routes = !segment.IsRouted;
            var inOrder = context.Settings.KeepsOrder;
            // In order, a record that stays in the store holds back all that come after it, those of its own segment too.
            var parksAll = routes && inOrder && (segment.Parked.Count > 0 || state.WaitsInStore);
            var toRoute = !routes || parksAll ? 0 : inLog.Count - segment.Parked.Count;
            // Counted before the callers are answered, so that a caller that waits for its own records waits for these too.
            var generation = router.Enter(inLog, toRoute);
            // In order, records that went ahead of their acknowledgement keep their callers, and with them their time-to-live: were they the store's,
            // they would go back there when it ends, and come out again behind newer ones.
            if (routes || !inOrder)
            {
                Answer(inLog.Durable(context.Ledger, out var lost));
                context.Lost(lost);
            }
            else
            {
                inLog.Durable();
            }

            if (routes)
            {
                segment.IsRouted = true;
                GiveBackParked(segment, parksAll);
                if (toRoute > 0)
                    router.RouteWritten(segment, generation);
            }

            segment.IsReleased = true;
            commit.Release(segment);
        }

        logs.Changed(inLog);
    }

    public void NotWritten(IReadOnlyList<PendingSegment> segments)
    {
        foreach (var segment in segments)
        {
            lock (segment.Lock)
            {
                if (segment.IsReleased || segment.IsRouted)
                    continue;
                segment.IsRouted = true;
                if (segment.Spilled.Records > 0)
                    spill!.Unspill(segment.Spilled.Bytes, segment.Spilled.Records);
                segment.Encode();
                router.RouteUnwritten(segment);
                // A segment that is being written is needed until the store has it.
                if (segment.InLog is not null)
                    continue;
                segment.IsReleased = true;
                commit.Release(segment);
            }
        }
    }

    public void StateChanged(StoreState current, string? error)
    {
        if (current == StoreState.Good)
            context.Troubles.Worked(StoreTask.Writing);
        else if (current != StoreState.Stopped)
            context.Troubles.Failed(StoreTask.Writing, error ?? "");
        spill?.Look();
        replayer.Wake();
    }

    public void Fenced(SegmentIndex index, BacklogFencedException why) => logs.Fenced(index, why);

    /// <summary>Notifies callers that the store has their records. Adjacent callers are notified together.</summary>
    private static void Answer(List<MemberRef> callers)
    {
        for (int i = 0, start = 0; i < callers.Count; i++)
        {
            var sink = callers[i].Sink;
            sink.SetResult(callers[i].Index, Persisted);
            if (i + 1 < callers.Count && ReferenceEquals(callers[i + 1].Sink, sink))
                continue;
            sink.Complete(i + 1 - start);
            sink.Generation.Leave(i + 1 - start);
            start = i + 1;
        }
    }

    /// <summary>Releases the memory of records that stay in the store.</summary>
    private void GiveBackParked(PendingSegment segment, bool all)
    {
        if (segment.Spilled.Records > 0)
            spill!.Written(segment.Spilled.Bytes, segment.Spilled.Records);
        var (charge, count) = (segment.ParkedCharge, segment.Parked.Count - segment.Spilled.Records);
        if (all)
        {
            var records = segment.Writer.Records;
            (charge, count) = (-segment.Spilled.Bytes, records.Count - segment.Spilled.Records);
            foreach (var record in records)
                charge += RecordValidator.Charge(record.Position.KeyLength, record.IsExplicit, record.Position.DataLength);
        }

        memory.Release(charge, count);
    }
}
