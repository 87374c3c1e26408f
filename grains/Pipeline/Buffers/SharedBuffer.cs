using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Pipeline.Buffers;

/// <summary>A buffer that holds several closed Kinesis records, one behind the other. It goes back to the pool with the last of them.</summary>
/// <param name="buffer">The buffer, with one record in it.</param>
/// <param name="used">Where that one ends.</param>
internal sealed class SharedBuffer(byte[] buffer, int used)
{
    private readonly byte[] _buffer = buffer;
    private int _records = 1;

    /// <summary>Bytes that are free at its end. Changed by <see cref="TryAdd"/> alone.</summary>
    public int Left { get; private set; } = buffer.Length - used;

    /// <summary>Gives room for one more record, which has to fit; false when the last one has gone.</summary>
    /// <remarks>Not by two threads at a time; <see cref="Release"/> may come at any time.</remarks>
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

    /// <summary>One of the records has gone.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _records) == 0)
            BufferPool.Return(_buffer);
    }
}
