using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Replays records that waited in the store into the engines, as fast as the <see cref="Replayer"/> allows.</summary>
internal sealed class BacklogReplaySource(
    BacklogContext context, BacklogState state, BacklogLogs logs, Replayer replayer, MemoryLimit memory, RecordLimit limit, SpillGate? spill,
    SegmentReader reader, SegmentRouter router, DeadLetterQueue letters) : IReplaySource
{
    /// <summary>Replayed records leave more than half of the memory to live records: if replay filled it, the stream would never stop spilling.</summary>
    private const double MostOfTheMemory = 0.4;

    private LogSegment? _half;

    /// <summary>
    /// Live records go first. While they find no memory, only a probe is replayed: above the limit where records have the memory that go behind it. In a
    /// drain no more of them come.
    /// </summary>
    public bool TryLetOut(long charge, int records, bool isProbe)
    {
        if (spill is { AllowsReplay: false } || !(isProbe || memory.FillWith(charge, records) <= MostOfTheMemory))
            return false;
        if (isProbe && context.Settings.KeepsOrder && state.HasUnwritten)
        {
            memory.Charge(charge, records);
            return true;
        }

        // The logs of a silo are for the other silos.
        if (memory.Process!.Closed is null || context.Store.BeginsAnew)
            return memory.TryReserve(charge, records) || (isProbe && TryExceed(charge, records));
        if (memory.FillWith(charge, records) > 1 && memory.Process!.Bytes > 0)
            return false;
        memory.Charge(charge, records);
        return true;
    }

    /// <summary>
    /// Charges records that need most of a memory limit by themselves, though they exceed it: traffic that never pauses leaves no room for them, and the
    /// records behind them would wait too. Only one such part exceeds a limit at a time, and only while no caller waits for memory.
    /// </summary>
    private bool TryExceed(long charge, int records)
    {
        var process = memory.Process!;
        if (charge <= MostOfTheMemory * Math.Min(memory.Most.Bytes, process.Most.Bytes) || memory.HasWaiters || process.HasWaiters || memory.Fill > 1)
            return false;
        memory.Charge(charge, records);
        return true;
    }

    /// <summary>Reads a segment. One that can only go to the dead letters, while those are not kept, is left for later and holds up no other.</summary>
    public Task<PackedRecords?> ReadAsync(LogSegment segment)
    {
        var pausedUntil = letters.PausedUntil;
        if (context.Clock.Now >= pausedUntil || !(IsTooOld(segment) || segment.IsRefused))
            return reader.ReadAsync(segment);
        segment.NotBefore = pausedUntil;
        return Task.FromResult<PackedRecords?>(null);
    }

    public void ParkAgain(LogSegment segment)
    {
        if (segment != _half)
        {
            logs.ParkAgain(segment);
            return;
        }

        _half = null;
        logs.ParkHalf(segment);
    }

    public async Task ReplayAsync(LogSegment segment, PackedRecords records)
    {
        if (segment.Index.IsLost || segment.IsOver)
        {
            ParkAgain(segment);
            return;
        }

        if (context.Settings.KeepsOrder && await IsBehindAsync(segment).ConfigureAwait(false))
        {
            ParkAgain(segment);
            return;
        }

        await letters.RoomAsync().ConfigureAwait(false);
        if (IsTooOld(segment))
        {
            await letters.AddAllAsync(segment, records).ConfigureAwait(false);
            return;
        }

        var positions = records.Positions();
        if (limit.IsUnknown && positions.Any(p => p.DataLength > context.Settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes))
            await limit.KnownAsync().ConfigureAwait(false);
        // The log may have been lost in any of these waits.
        if (!segment.TryEnterAll())
            return;
        // Records that have gone another way.
        HashSet<int> setAside = [];
        var batch = context.Services.Batches.Rent();
        var next = 0;
        try
        {
            foreach (var (index, code, message) in segment.Refused())
            {
                letters.Add(segment, index, records.ToUserRecord(positions[index]), records.NumberOf(positions[index]), code, message);
                setAside.Add(index);
            }

            foreach (var (first, count) in Runs(segment, positions, setAside))
            {
                next = first;
                router.ReadReplayed(batch, segment, records, positions.AsMemory(first, count), first, setAside);
                if (batch.Count == 0)
                    continue;
                if (await replayer.EnterAsync(batch.Charge, batch.Count).ConfigureAwait(false) is not { } part)
                    return;
                // The log's new owner delivers what was not let out by now.
                if (segment.Index.IsLost)
                {
                    memory.Release(batch.Charge, batch.Count);
                    replayer.Failed(batch.Charge);
                    Leave(next);
                    return;
                }

                next = first + count;
                router.RouteReplayed(batch, segment, part, segment.GoesAlone(first));
            }
        }
        catch
        {
            Leave(next);
            _half = segment;
            throw;
        }
        finally
        {
            context.Services.Batches.Return(batch);
        }

        // Records that were not routed wait in the segment again, and not for an outcome.
        void Leave(int from)
        {
            for (var index = from; index < positions.Length; index++)
            {
                if (segment.IsDone(index) || setAside.Contains(index))
                    continue;
                segment.Back(index, out var isLost);
                logs.Stays(segment, isLost);
            }
        }
    }

    private bool IsTooOld(LogSegment segment) => context.AgeOf(segment) > context.Settings.Options.BacklogMaxAge;

    /// <summary>
    /// Waits until no record is on its way to the dead letters. Returns whether an older segment of the log waits then, because one could not go there.
    /// </summary>
    private async ValueTask<bool> IsBehindAsync(LogSegment segment)
    {
        while (letters.HasPending)
            await letters.EmptyAsync().ConfigureAwait(false);
        return segment.Index.HasParkedBefore(segment.Number);
    }

    /// <summary>
    /// Returns runs of records that are not done and not refused, each as long as a batch and the window allow. Those that go alone are in runs of
    /// their own.
    /// </summary>
    private IEnumerable<(int First, int Count)> Runs(LogSegment segment, PackedPosition[] positions, HashSet<int> refused)
    {
        var mostAtOnce = Math.Min(context.Settings.MostAtOnce.Records, PreparedBatch.MaxRecords);
        for (var first = 0; first < positions.Length;)
        {
            if (IsOver(first))
            {
                first++;
                continue;
            }

            var (count, bytes, most, goAlone) = (0, 0L, replayer.PartBytes, segment.GoesAlone(first));
            while (count < mostAtOnce && bytes < most && first + count < positions.Length && Joins(first + count, goAlone))
                bytes += positions[first + count++].DataLength + RecordValidator.ChargePerRecord;
            yield return (first, count);
            first += count;
        }

        bool IsOver(int index) => segment.IsDone(index) || refused.Contains(index);

        bool Joins(int index, bool goAlone) => !IsOver(index) && segment.GoesAlone(index) == goAlone;
    }
}
