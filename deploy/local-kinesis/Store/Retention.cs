using System.Collections.Concurrent;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>
/// Keeps the newest data of all shards together within a number of bytes. Chunks are given up in the order of their last record,
/// as nearly as a queue can: a chunk that is still being written gets another round.
/// </summary>
internal sealed partial class Retention(long limitBytes, bool keeps, ILogger logger)
{
    private const int SmallestChunk = 64 << 10;
    private const int LargestChunk = 1 << 20;

    /// <summary>What is held beside the limit, for the next chunks.</summary>
    private const int MostSpare = 8;

    private readonly ConcurrentQueue<LogChunk> _oldestFirst = new();
    private readonly ConcurrentBag<byte[]> _spare = [];
    private readonly Lock _trimming = new();
    private long _heldBytes;
    private bool _told;

    /// <summary>Whether records are kept at all, or only counted.</summary>
    public bool Keeps => keeps;

    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>How many buffers wait to be used again.</summary>
    public int Spare => _spare.Count;

    /// <summary>A new chunk for a shard, larger than its last one as long as the shard stays busy.</summary>
    public LogChunk Open(Shard shard, long firstCounter, int previous, int needed)
    {
        var largest = (int)Math.Min(LargestChunk, Math.Max(SmallestChunk, limitBytes / 16));
        var size = Math.Max(needed, Math.Clamp(previous * 2, SmallestChunk, largest));
        if (size != LargestChunk || !_spare.TryTake(out var buffer)) buffer = GC.AllocateUninitializedArray<byte>(size);
        var chunk = new LogChunk(shard, buffer, firstCounter);
        Interlocked.Add(ref _heldBytes, buffer.Length);
        _oldestFirst.Enqueue(chunk);
        return chunk;
    }

    /// <summary>Gives up old chunks until the rest fits. The caller holds no shard's lock.</summary>
    public void Trim()
    {
        if (HeldBytes <= limitBytes || !_trimming.TryEnter()) return;
        try
        {
            for (var rounds = _oldestFirst.Count; HeldBytes > limitBytes && _oldestFirst.TryDequeue(out var chunk); rounds--)
            {
                var younger = rounds > 0 && _oldestFirst.TryPeek(out var next) && chunk.LastArrivalTicks > next.LastArrivalTicks;
                if (younger) _oldestFirst.Enqueue(chunk);
                else Evict(chunk);
            }
        }
        finally
        {
            _trimming.Exit();
        }
    }

    private void Evict(LogChunk chunk)
    {
        lock (chunk.Shard.Lock)
        {
            // A shard's chunks leave oldest first; one that is not the oldest waits for its elders.
            if (!chunk.Shard.Log.TryEvict(chunk))
            {
                _oldestFirst.Enqueue(chunk);
                return;
            }
        }
        Interlocked.Add(ref _heldBytes, -chunk.Buffer.Length);
        if (chunk.Buffer.Length == LargestChunk && _spare.Count < MostSpare) _spare.Add(chunk.Buffer);
        if (_told) return;
        _told = true;
        LogEvicting(logger, limitBytes);
    }

    [LoggerMessage(
        LogLevel.Warning, "Retention of {LimitBytes} bytes is full: the oldest records, read or not, leave their trim horizons.")]
    private static partial void LogEvicting(ILogger logger, long limitBytes);
}
