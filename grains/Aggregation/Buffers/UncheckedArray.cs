using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>
/// Accesses elements of arrays that are out of the caches without a check of the array's length. The length is in another cache line than
/// most elements: with a thousand shards that check alone was a tenth of a record's cost. Only for indexes that are known to be valid.
/// </summary>
internal static class UncheckedArray
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref T At<T>(T[]? array, int index)
    {
        // Without this the compiler checks for null by reading the array's first bytes.
        if (array is null)
            throw new UnreachableException();
        return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), index);
    }
}
