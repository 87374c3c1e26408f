using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>A buffer that contains several closed Kinesis records, one behind the other. The last of them returns it to the pool.</summary>
/// <param name="buffer">The buffer, with one record in it.</param>
/// <param name="used">Where that record ends.</param>
internal sealed class SharedBuffer(byte[] buffer, int used)
{
    private readonly byte[] _buffer = buffer;
    private int _records = 1;

    /// <summary>The free bytes at its end. Only <see cref="TryAdd"/> changes it.</summary>
    public int Left { get; private set; } = buffer.Length - used;

    /// <summary>Reserves space for one more record, which has to fit; false when the last record was released.</summary>
    /// <remarks>Not to be called by two threads at a time; <see cref="Release"/> may be called at any time.</remarks>
    public bool TryAdd(int size, [NotNullWhen(true)] out byte[]? buffer, out int offset)
    {
        (buffer, offset) = (null, _buffer.Length - Left);
        for (var records = Volatile.Read(ref _records); records > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _records, records + 1, records);
            if (seen == records)
            {
                buffer = _buffer;
                Left -= size;
                return true;
            }

            records = seen;
        }

        return false;
    }

    /// <summary>Releases one of the records.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _records) == 0)
            BufferPool.Return(_buffer);
    }
}
