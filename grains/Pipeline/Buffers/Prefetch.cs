using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Orleans.Kpl.Pipeline.Buffers;

/// <summary>
/// Tells the processor what will be read soon, so that many lines of memory are fetched at once instead of one after the other. It changes
/// nothing but time, and does nothing on processors other than x86.
/// </summary>
internal static unsafe class Prefetch
{
    private const int Line = 64;

    /// <summary>These bytes will be read soon; hints for the first ones only, as the processor goes on by itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(ReadOnlySpan<byte> bytes, int most)
    {
        if (!Sse.IsSupported)
            return;
        // The array may move meanwhile: then the hint is for other memory, which does no harm.
        var start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        var length = Math.Min(bytes.Length, most);
        for (var offset = 0; offset < length; offset += Line)
            Sse.Prefetch0(start + offset);
    }

    /// <summary>What stands there, of about that many bytes, will be read or written soon. It may reach beyond the end of what is there.</summary>
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

    /// <summary>The fields of an object, of about that many bytes, will be read or written soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(object of, int bytes) => Soon(ref Unsafe.As<Fields>(of).First, bytes);

    /// <summary>One line will be read soon. It may lie beyond the end of what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Soon(byte* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Where the fields of any object begin.</summary>
    private sealed class Fields
    {
        public byte First;
    }
}
