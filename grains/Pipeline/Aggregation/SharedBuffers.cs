using Orleans.Kpl.Pipeline.Buffers;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// Brings Kinesis records that wait for a while together in few buffers. Each was closed in one of its own that is as large as the aggregates
/// before; one that had to leave early fills half of it. It moves to where others left room, or leaves its own room to others. Thread-safe.
/// </summary>
internal sealed class SharedBuffers
{
    /// <summary>Buffers with room that are remembered at most.</summary>
    private const int MostOpen = 16;

    /// <summary>Less room than that is not worth remembering.</summary>
    private const int LeastRoom = 512;

    /// <summary>A larger buffer is not shared: one small record would keep all of it.</summary>
    private const int LargestShared = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly List<SharedBuffer> _open = new(MostOpen);

    /// <summary>Moves a record to where it takes hardly more memory than it needs.</summary>
    public EncodedRecord Hold(in EncodedRecord record)
    {
        if (record.IsShared)
            return record;
        if (record.Buffer.Length > LargestShared)
            return record.Tighten();
        var space = record.Buffer.Length - record.End;
        if (space < Math.Max(LeastRoom, record.Buffer.Length / 8))
            return record;
        lock (_lock)
        {
            while (BestFor(record.Size) is { } best)
            {
                if (best.TryAdd(record.Size, out var buffer, out var offset))
                {
                    if (best.Left < LeastRoom)
                        _open.Remove(best);
                    return record.MoveTo(buffer, offset, best);
                }

                _open.Remove(best);
            }

            var own = new SharedBuffer(record.Buffer, record.End);
            Remember(own);
            return record with { Shared = own };
        }
    }

    /// <summary>The one that would have the least room left.</summary>
    private SharedBuffer? BestFor(int size)
    {
        SharedBuffer? best = null;
        foreach (var open in _open)
        {
            if (open.Left >= size && (best is null || open.Left < best.Left))
                best = open;
        }

        return best;
    }

    private void Remember(SharedBuffer buffer)
    {
        if (_open.Count == MostOpen)
        {
            var least = _open.MinBy(static o => o.Left)!;
            if (least.Left >= buffer.Left)
                return;
            _open.Remove(least);
        }

        _open.Add(buffer);
    }
}
