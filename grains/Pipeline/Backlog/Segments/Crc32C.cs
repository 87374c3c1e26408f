using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>
/// CRC-32C (Castagnoli) as iSCSI and others compute it: begun with all ones and inverted at the end. One instruction for 8 bytes where the machine
/// has it.
/// </summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var left = bytes.Length;
        for (; left >= sizeof(ulong); left -= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? Unsafe.ReadUnaligned<ulong>(ref at) : Swapped(ref at));
            at = ref Unsafe.Add(ref at, sizeof(ulong));
        }

        foreach (var last in bytes[^left..])
            crc = BitOperations.Crc32C(crc, last);
        return ~crc;
    }

    private static ulong Swapped(ref byte at) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(ref at));
}
