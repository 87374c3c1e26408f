using System.Runtime.InteropServices;

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

/// <summary>A run of applied records of one shard in one buffer: of each a fixed header, the partition key and the data.</summary>
internal sealed class LogChunk(Shard shard, byte[] buffer, long firstCounter)
{
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Header
    {
        public UInt128 Hash;
        public long ArrivalTicks;
        public int DataLength;
        public short KeyLength;
        public RecordMarks Marks;
    }

    private static readonly unsafe int HeaderLength = sizeof(Header);

    public Shard Shard => shard;
    public byte[] Buffer => buffer;
    public long FirstCounter => firstCounter;
    public int Count { get; private set; }
    public int Used { get; private set; }
    public long LastArrivalTicks { get; private set; }

    public static int LengthOf(int keyLength, int dataLength) => HeaderLength + keyLength + dataLength;

    public bool Fits(int length) => buffer.Length - Used >= length;

    public void Append(UInt128 hash, long arrivalTicks, RecordMarks marks, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        var target = buffer.AsSpan(Used);
        var header = new Header
        {
            Hash = hash, ArrivalTicks = arrivalTicks, DataLength = data.Length, KeyLength = (short)key.Length, Marks = marks,
        };
        MemoryMarshal.Write(target, in header);
        key.CopyTo(target[HeaderLength..]);
        data.CopyTo(target[(HeaderLength + key.Length)..]);
        Used += LengthOf(key.Length, data.Length);
        Count++;
        LastArrivalTicks = arrivalTicks;
    }

    /// <summary>The record at <paramref name="offset"/> and where the next one starts.</summary>
    public LogRecord Read(int offset, long counter, out int next)
    {
        var header = MemoryMarshal.Read<Header>(buffer.AsSpan(offset));
        var key = buffer.AsMemory(offset + HeaderLength, header.KeyLength);
        var data = buffer.AsMemory(offset + HeaderLength + header.KeyLength, header.DataLength);
        next = offset + LengthOf(header.KeyLength, header.DataLength);
        return new(counter, header.Hash, header.ArrivalTicks, header.Marks, key, data);
    }
}

/// <summary>One applied record as it lies in the log; its memory is valid only under the shard's lock.</summary>
internal readonly record struct LogRecord(
    long Counter, UInt128 Hash, long ArrivalTicks, RecordMarks Marks, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Data);
