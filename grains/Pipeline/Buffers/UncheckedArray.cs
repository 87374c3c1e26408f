using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Pipeline.Buffers;

/// <summary>
/// Elements of arrays that are out of the caches, without a look at the array's length, which stands in another line of memory than most
/// elements do: with a thousand shards that look alone was a tenth of what a record costs. Only for indexes that are known to be right.
/// </summary>
internal static class UncheckedArray
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref T At<T>(T[]? array, int index)
    {
        // Without this the compiler finds out whether there is an array by reading its first bytes.
        if (array is null)
            throw new UnreachableException();
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), index);
    }
}
