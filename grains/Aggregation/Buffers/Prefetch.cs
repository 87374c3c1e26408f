using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>
/// Tells the processor which memory will be read soon, so that it fetches many cache lines at once instead of one after the other. It
/// changes nothing but time, and does nothing on processors other than x86.
/// </summary>
internal static unsafe class Prefetch
{
    private const int Line = 64;

    /// <summary>Prefetches bytes that will be read soon. Hints for the first ones only, as the processor continues by itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(ReadOnlySpan<byte> bytes, int most)
    {
        if (!Sse.IsSupported)
            return;
        // The array may move meanwhile. Then the hint is for other memory, which does no harm.
        var start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        var length = Math.Min(bytes.Length, most);
        for (var offset = 0; offset < length; offset += Line)
            Sse.Prefetch0(start + offset);
    }

    /// <summary>
    /// Prefetches about this many bytes at a reference that will be read or written soon. They may reach beyond the end of the object.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(ref byte start, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        var address = (byte*)Unsafe.AsPointer(ref start);
        for (var offset = 0; offset < bytes; offset += Line)
            Sse.Prefetch0(address + offset);
        Sse.Prefetch0(address + bytes - 1);
    }

    /// <summary>Prefetches about this many bytes of an object's fields, which will be read or written soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(object of, int bytes) => Soon(ref Unsafe.As<Fields>(of).First, bytes);

    /// <summary>Prefetches one cache line that will be read soon. It may be beyond the end of the object.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(byte* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>A class whose first field is where the fields of any object begin.</summary>
    private sealed class Fields
    {
        public byte First;
    }
}
