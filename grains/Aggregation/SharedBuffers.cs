using Orleans.Kpl.Aggregation.Buffers;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// Packs Kinesis records that wait for a while into few buffers. Each was closed in a buffer as large as the aggregates before it needed;
/// one that had to leave early fills half of it. It moves into the free space of another record's buffer, or shares the free space of its
/// own. Thread-safe.
/// </summary>
internal sealed class SharedBuffers
{
    /// <summary>The most buffers with free space that are remembered.</summary>
    private const int MostOpen = 16;

    /// <summary>The least free space, in bytes, that is worth remembering.</summary>
    private const int LeastRoom = 512;

    /// <summary>The largest buffer that is shared: one small record would keep all of a larger one.</summary>
    private const int LargestShared = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly List<SharedBuffer> _open = new(MostOpen);

    /// <summary>Moves a record to a place where it takes hardly more memory than it needs.</summary>
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

    /// <summary>The buffer that would have the least space left.</summary>
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
