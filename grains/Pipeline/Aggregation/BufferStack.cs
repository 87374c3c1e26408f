using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>One core's part of the <see cref="BufferPool"/>: a stack for each size, and a limit on what all of them hold.</summary>
internal sealed class BufferStack(int sizes, long maxBytes)
{
    // Enough for most; then a thread that comes to another core does not have to make room there first.
    private const int FirstCapacity = 128;

    private readonly Lock _gate = new();
    private readonly Stack<byte[]>?[] _stacks = new Stack<byte[]>?[sizes];
    private long _bytes;

    public bool TryPop(int size, [NotNullWhen(true)] out byte[]? buffer)
    {
        // Read without the lock: whoever just misses an array makes a new one.
        if (_stacks[size] is not { Count: > 0 } stack)
        {
            buffer = null;
            return false;
        }
        lock (_gate)
        {
            if (!stack.TryPop(out buffer))
                return false;
            _bytes -= buffer.Length;
            return true;
        }
    }

    public void Push(int size, byte[] buffer)
    {
        lock (_gate)
        {
            if (_bytes + buffer.Length > maxBytes)
                return;
            Prepare(size).Push(buffer);
            _bytes += buffer.Length;
        }
    }

    /// <summary>Whether anything of this size has been here.</summary>
    public bool IsPrepared(int size) => _stacks[size] is not null;

    /// <summary>Makes room for arrays of a size.</summary>
    public Stack<byte[]> Prepare(int size)
    {
        lock (_gate)
            return _stacks[size] ??= new Stack<byte[]>(FirstCapacity);
    }
}
