namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The retained records of one shard, oldest chunk first. Callers hold the shard's lock.</summary>
internal sealed class ShardLog(Shard shard, Retention retention)
{
    private readonly LinkedList<LogChunk> _chunks = new();

    /// <summary>The counter of the oldest record that is still here, or of the next one when none is.</summary>
    public long FirstCounter => _chunks.First?.Value.FirstCounter ?? NextCounter;

    /// <summary>The counter that the next record gets; the first record's is 1.</summary>
    public long NextCounter { get; private set; } = 1;

    public long LastArrivalTicks { get; private set; }

    public long Append(UInt128 hash, long arrivalTicks, RecordMarks marks, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        LastArrivalTicks = arrivalTicks;
        if (retention.Keeps)
        {
            var length = LogChunk.LengthOf(key.Length, data.Length);
            var chunk = _chunks.Last?.Value;
            if (chunk is null || !chunk.Fits(length))
            {
                chunk = retention.Open(shard, NextCounter, chunk?.Buffer.Length ?? 0, length);
                _chunks.AddLast(chunk);
            }
            chunk.Append(hash, arrivalTicks, marks, key, data);
        }
        return NextCounter++;
    }

    /// <summary>Drops the oldest chunk if it is <paramref name="chunk"/>.</summary>
    public bool TryEvict(LogChunk chunk)
    {
        if (!ReferenceEquals(_chunks.First?.Value, chunk)) return false;
        _chunks.RemoveFirst();
        return true;
    }

    /// <summary>The counter of the first record that arrived at or after an instant.</summary>
    public long CounterAt(long arrivalTicks)
    {
        foreach (var record in From(FirstCounter, arrivalTicks))
            if (record.ArrivalTicks >= arrivalTicks) return record.Counter;
        return NextCounter;
    }

    /// <summary>The records from a counter on; chunks whose last record is older than an instant are passed over.</summary>
    public IEnumerable<LogRecord> From(long counter, long notBeforeTicks = 0)
    {
        for (var node = _chunks.First; node is not null; node = node.Next)
        {
            var chunk = node.Value;
            if (chunk.FirstCounter + chunk.Count <= counter || chunk.LastArrivalTicks < notBeforeTicks) continue;
            for (int i = 0, offset = 0; i < chunk.Count; i++)
            {
                var record = chunk.Read(offset, chunk.FirstCounter + i, out offset);
                if (record.Counter >= counter) yield return record;
            }
        }
    }
}
