using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>
/// One core's part of the <see cref="BufferPool"/>: a stack for each size, and a limit on their bytes in total. At the limit, the size that
/// was requested the longest ago is dropped first: sizes change with the load, and old ones would keep new ones out for ever.
/// </summary>
internal sealed class BufferStack(int sizes, long maxBytes)
{
    // Enough for most loads, so that a thread that moves to another core does not have to grow the stack there first.
    private const int FirstCapacity = 128;

    private const int SoonBytes = 128;

    private readonly Lock _lock = new();
    private readonly Stack<byte[]>?[] _stacks = new Stack<byte[]>?[sizes];
    private readonly long[] _askedAt = new long[sizes];

    // How many of each size have lain here ever since idle ones were dropped.
    private readonly int[] _idle = new int[sizes];

    // The length of the arrays of each size. An array that is taken is out of the caches, so its own is not read under the lock.
    private readonly int[] _lengths = new int[sizes];
    private long _maxBytes = maxBytes;
    private long _asked;
    private long _bytes;

    public bool TryPop(int size, [NotNullWhen(true)] out byte[]? buffer)
    {
        // Read without the lock: a caller that just misses an array makes a new one.
        if (_stacks[size] is not { Count: > 0 } stack)
        {
            buffer = null;
            return false;
        }
        lock (_lock)
        {
            if (!stack.TryPop(out buffer))
                return false;
            _askedAt[size] = ++_asked;
            _idle[size] = Math.Min(_idle[size], stack.Count);
            _bytes -= _lengths[size];
            if (stack.TryPeek(out var next))
                Prefetch.Soon(next, SoonBytes);
            return true;
        }
    }

    /// <summary>Notes that an array of this size had to be allocated.</summary>
    public void Missed(int size)
    {
        lock (_lock)
            _askedAt[size] = ++_asked;
    }

    /// <summary>Keeps the array; false when there is no space for it.</summary>
    public bool TryPush(int size, byte[] buffer)
    {
        lock (_lock)
        {
            if (_bytes + buffer.Length > _maxBytes && !MakeRoom(size, buffer.Length))
                return false;
            Prepare(size).Push(buffer);
            _lengths[size] = buffer.Length;
            _bytes += buffer.Length;
            return true;
        }
    }

    /// <summary>Raises the limit to this value, if it is lower.</summary>
    public void KeepUpTo(long bytes)
    {
        lock (_lock)
            _maxBytes = Math.Max(_maxBytes, bytes);
    }

    /// <summary>Drops as many arrays of each size as nobody has needed since this was called before.</summary>
    public void DropIdle()
    {
        lock (_lock)
        {
            for (var size = 0; size < _stacks.Length; size++)
            {
                if (_stacks[size] is not { } stack)
                    continue;
                for (var i = Math.Min(_idle[size], stack.Count); i > 0; i--)
                    _bytes -= stack.Pop().Length;
                _idle[size] = stack.Count;
            }
        }
    }

    /// <summary>Whether an array of this size has been here.</summary>
    public bool IsPrepared(int size) => _stacks[size] is not null;

    /// <summary>Prepares the stack for arrays of a size.</summary>
    public Stack<byte[]> Prepare(int size)
    {
        lock (_lock)
            return _stacks[size] ??= new Stack<byte[]>(FirstCapacity);
    }

    /// <summary>Drops arrays of sizes that were last requested before this one; false when there are too few of them.</summary>
    private bool MakeRoom(int size, int bytes)
    {
        while (_bytes + bytes > _maxBytes)
        {
            var oldest = size;
            for (var other = 0; other < _stacks.Length; other++)
            {
                if (_stacks[other] is { Count: > 0 } && _askedAt[other] < _askedAt[oldest])
                    oldest = other;
            }

            if (oldest == size)
                return false;
            _bytes -= _stacks[oldest]!.Pop().Length;
        }

        return true;
    }
}
