using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Http.Reading;

/// <summary>
/// What the bodies of all requests may have in memory together, and the buffers for them. It is reserved as bytes arrive, before there is a buffer, and
/// released when a request's records are accepted or refused. Idle buffers stay within the limit too. Safe on any thread.
/// </summary>
/// <remarks>
/// The shared pool of .NET would keep dozens of idle arrays of each size, megabytes each. In a container they are memory that nobody has counted.
/// </remarks>
/// <param name="limit">The limit in bytes. A body that is alone passes it, so that none is refused for ever.</param>
internal sealed class BodyMemory(long limit)
{
    /// <summary>Smaller buffers come from the shared pool, where even many are little.</summary>
    private const int SmallestOfOwn = 128 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<byte[]>> _idle = [];
    private long _idleBytes;
    private long _bytes;
    private long _strangers;
    private readonly Dictionary<string, long> _named = new(StringComparer.Ordinal);

    /// <summary>The bytes that are reserved now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The bytes of idle buffers that are kept.</summary>
    public long IdleBytes => Interlocked.Read(ref _idleBytes);

    /// <summary>Gives a body a buffer, or a larger one in place of its own. Null where there is no memory for it; nothing has changed then.</summary>
    /// <param name="former">Its buffer, which is given back; null for none.</param>
    /// <param name="used">How much of it is copied.</param>
    /// <param name="size">The least length of the new one, in bytes.</param>
    /// <param name="stranger">
    /// Whom the body names where nothing proves yet that it is theirs; null where that is known. Such bodies have half of the memory together, and those that
    /// name the same one a quarter: those who are known keep the other half, and strangers under one name leave others their part.
    /// </param>
    public byte[]? TryGrow(byte[]? former, int used, int size, string? stranger = null)
    {
        var length = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, 16)), Array.MaxLength);
        var from = former?.Length ?? 0;
        if (stranger is not null && !TryReserve(stranger, from, length))
            return null;
        if (!TryReserve(ref _bytes, from, length, limit))
        {
            if (stranger is not null)
                Acquit(stranger, length - from);
            return null;
        }

        var larger = Take(length);
        if (former is not null)
        {
            former.AsSpan(0, used).CopyTo(larger);
            Keep(former);
        }

        return larger;
    }

    /// <summary>Takes a body's buffer back.</summary>
    /// <param name="stranger">Whom the body names, if nothing has proved that it is theirs.</param>
    public void Return(byte[] buffer, string? stranger = null)
    {
        if (stranger is not null)
            Acquit(stranger, buffer.Length);
        Interlocked.Add(ref _bytes, -buffer.Length);
        Keep(buffer);
    }

    /// <summary>Counts bytes no longer as a stranger's: it is known now whose they are, or they are gone.</summary>
    public void Acquit(string stranger, long bytes)
    {
        lock (_named)
        {
            Interlocked.Add(ref _strangers, -bytes);
            if ((_named[stranger] -= bytes) == 0)
                _named.Remove(stranger);
        }
    }

    private bool TryReserve(string stranger, long from, long to)
    {
        lock (_named)
        {
            if (!TryReserve(ref _strangers, from, to, limit / 2))
                return false;
            ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(_named, stranger, out _);
            if (TryReserve(ref own, from, to, limit / 4))
                return true;
            Interlocked.Add(ref _strangers, from - to);
            return false;
        }
    }

    private static bool TryReserve(ref long bytes, long from, long to, long most)
    {
        var now = Interlocked.Add(ref bytes, to - from);
        if (now <= most || now == to)
            return true;
        Interlocked.Add(ref bytes, from - to);
        return false;
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
