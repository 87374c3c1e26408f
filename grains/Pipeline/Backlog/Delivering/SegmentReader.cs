using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>Reads segments from the store. A segment that cannot be read is moved out of the way of the others, where an operator finds it.</summary>
internal sealed class SegmentReader(BacklogContext context, BacklogLogs logs)
{
    private long _damaged;

    /// <summary>Gets the number of segments that could not be read, or were missing.</summary>
    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>Reads the records of a segment; null where they cannot be read now, or ever.</summary>
    public async Task<PackedRecords?> ReadAsync(LogSegment segment)
    {
        try
        {
            var bytes = await segment.Index.Log.ReadAsync(segment.Number, context.Stopping).ConfigureAwait(false);
            context.Troubles.Worked(StoreTask.Reading);
            // Its new owner delivers it, and may have removed it by now.
            if (segment.Index.IsLost)
                return null;
            if (bytes is null && segment.Damage is { } damage)
                throw damage;
            if (bytes is null)
            {
                GiveUp(segment, "nowhere", "the segment is gone");
                return null;
            }

            var header = Segment.ReadRecords(bytes, out var records);
            (segment.OldestAt, segment.IsAlone) = (header.OldestAt, header.IsAlone);
            context.Found(segment.Counted(records.Count));
            return records;
        }
        catch (SegmentFormatException e)
        {
            segment.Damage = e;
            await SetAsideAsync(segment, e).ConfigureAwait(false);
        }
        catch (BacklogStoreException e)
        {
            Failed(segment, StoreTask.Reading, e);
        }
        catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
        {
        }

        return null;
    }

    private async Task SetAsideAsync(LogSegment segment, SegmentFormatException why)
    {
        try
        {
            var where = await segment.Index.Log.SetAsideAsync(segment.Number, context.Stopping).ConfigureAwait(false);
            context.Troubles.Worked(StoreTask.MovingAside);
            GiveUp(segment, where, why.Message);
        }
        catch (BacklogStoreException e)
        {
            Failed(segment, StoreTask.MovingAside, e);
        }
    }

    /// <summary>Tries it again later. What fails in a log that is another process' now is not tried here again, and would be told for good.</summary>
    private void Failed(LogSegment segment, StoreTask task, BacklogStoreException why)
    {
        logs.RetryLater(segment);
        if (!segment.Index.IsLost)
            context.Troubles.Failed(task, why.Message);
    }

    private void GiveUp(LogSegment segment, string where, string why)
    {
        Interlocked.Increment(ref _damaged);
        context.Services.Instruments.SegmentDamaged(context.Stream);
        context.Events.SegmentSetAside(context.Stream, where, why);
        context.Lost(segment.WriteOff());
        logs.Over(segment, isThere: false);
    }
}
