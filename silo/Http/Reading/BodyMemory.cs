using System.Buffers;
using System.Numerics;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// The memory for the bodies of all requests together, and the buffers for them. It is reserved as bytes arrive, before there is a buffer, and
/// released when a request's records are accepted or refused. Idle buffers stay within the limit too. Safe on any thread.
/// </summary>
/// <remarks>
/// The shared pool of .NET would keep dozens of idle arrays of each size, megabytes each. In a container they are memory that nobody has counted.
/// </remarks>
/// <param name="limit">The limit in bytes. A body that is alone passes it, so that none is refused for ever.</param>
internal sealed class BodyMemory(long limit, TimeProvider time)
{
    /// <summary>Smaller buffers come from the shared pool, where even many are little.</summary>
    private const int SmallestOfOwn = 128 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<byte[]>> _idle = [];
    private readonly StrangerMemory _strangers = new(limit, time);
    private long _idleBytes;
    private long _bytes;

    /// <summary>The bytes that are reserved now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes of idle buffers that are kept.</summary>
    public long IdleBytes => Interlocked.Read(ref _idleBytes);

    /// <summary>Gives a body a buffer, or one of another length in place of its own. Null where there is no memory for it; nothing has changed then.</summary>
    /// <param name="former">Its buffer, which is given back; null for none.</param>
    /// <param name="used">How much of it is copied.</param>
    /// <param name="size">The least length of the new one, in bytes.</param>
    /// <param name="stranger">The body, where nothing proves yet whose it is; else null.</param>
    /// <param name="isNeeded">Whether the body ends without it. Else it is only faster with it: half of the memory stays for those that need it.</param>
    public byte[]? TryGrow(byte[]? former, int used, int size, StrangerBody? stranger = null, bool isNeeded = true)
    {
        var length = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, 16)), Array.MaxLength);
        var from = former?.Length ?? 0;
        if (stranger is not null && !_strangers.TryReserve(stranger, length - from))
            return null;
        var larger = TryReserve(ref _bytes, from, length, isNeeded ? limit : limit / 2) ? TryTake(from, length) : null;
        if (larger is null)
        {
            if (stranger is not null)
                _strangers.Unreserve(stranger, length - from);
            return null;
        }

        if (former is not null)
        {
            former.AsSpan(0, used).CopyTo(larger);
            Keep(former);
        }

        return larger;
    }

    /// <summary>Takes a body's buffer back.</summary>
    /// <param name="stranger">The body, if nothing has proved whose it is.</param>
    public void Return(byte[] buffer, StrangerBody? stranger = null)
    {
        if (stranger is not null)
            _strangers.Leave(stranger);
        Interlocked.Add(ref _bytes, -buffer.Length);
        Keep(buffer);
    }

    /// <summary>Counts a body no longer as a stranger's: it is known now whose it is.</summary>
    public void Acquit(StrangerBody stranger) => _strangers.Leave(stranger);

    private static bool TryReserve(ref long bytes, long from, long to, long most)
    {
        var now = Interlocked.Add(ref bytes, to - from);
        if (now <= most || now == to)
            return true;
        Interlocked.Add(ref bytes, from - to);
        return false;
    }

    /// <summary>Takes a buffer for what is reserved; null, and nothing is reserved, where the process has no memory for it.</summary>
    private byte[]? TryTake(int from, int length)
    {
        try
        {
            return Take(length);
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _bytes, from - length);
            return null;
        }
    }

    private byte[] Take(int length)
    {
        if (length < SmallestOfOwn)
            return ArrayPool<byte>.Shared.Rent(length);
        lock (_lock)
        {
            if (_idle.TryGetValue(length, out var same) && same.TryPop(out var buffer))
            {
                _idleBytes -= length;
                return buffer;
            }

            // The garbage collector has what others left, before there is more.
            foreach (var (each, idle) in _idle)
            {
                while (_idleBytes + Bytes > limit && idle.TryPop(out _))
                    _idleBytes -= each;
            }
        }

        return GC.AllocateUninitializedArray<byte>(length);
    }

    private void Keep(byte[] buffer)
    {
        if (buffer.Length < SmallestOfOwn)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        lock (_lock)
        {
            if (_idleBytes + Bytes + buffer.Length > limit)
                return;
            if (!_idle.TryGetValue(buffer.Length, out var same))
                _idle.Add(buffer.Length, same = new Stack<byte[]>());
            same.Push(buffer);
            _idleBytes += buffer.Length;
        }
    }
}
