using System.Runtime.InteropServices;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Pins the arrays of some messages while they are hashed. Each thread keeps its handles, so that pinning allocates nothing.</summary>
internal sealed unsafe class Md5Pins
{
    [ThreadStatic]
    private static Md5Pins? ofThread;

    private PinnedGCHandle<byte[]?>[] _handles = [];
    private Md5Source[] _sources = [];

    ~Md5Pins() => Free();

    /// <summary>This thread's instance. Between <see cref="Pin"/> and <see cref="Unpin"/> the thread must not pin anything else.</summary>
    public static Md5Pins OfThread => ofThread ??= new Md5Pins();

    /// <summary>Pins messages and returns where they are.</summary>
    public ReadOnlySpan<Md5Source> Pin(ReadOnlySpan<Md5Message> messages)
    {
        if (_handles.Length < messages.Length)
            Grow(messages.Length);
        for (var i = 0; i < messages.Length; i++)
        {
            ref readonly var message = ref messages[i];
            // Checks the bounds, which pointers do not.
            _ = message.Array.AsSpan(message.Offset, message.Length);
            _handles[i].Target = message.Array;
            _sources[i] = new Md5Source(_handles[i].GetAddressOfArrayData() + message.Offset, message.Length);
        }
        return _sources.AsSpan(0, messages.Length);
    }

    /// <summary>Unpins the first messages.</summary>
    public void Unpin(int count)
    {
        foreach (ref var handle in _handles.AsSpan(0, count))
            handle.Target = null;
    }

    private void Grow(int count)
    {
        Free();
        _sources = new Md5Source[count];
        _handles = new PinnedGCHandle<byte[]?>[count];
        for (var i = 0; i < count; i++)
            _handles[i] = new PinnedGCHandle<byte[]?>(null);
    }

    private void Free()
    {
        foreach (ref var handle in _handles.AsSpan())
            handle.Dispose();
    }
}
