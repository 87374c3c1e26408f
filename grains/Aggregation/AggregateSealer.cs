using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Aggregation;

/// <summary>Writes the trailers of closed aggregates: the MD5 of the message between magic and trailer.</summary>
internal static unsafe class AggregateSealer
{
    private const int Together = 64;

    /// <summary>Seals all records that need a trailer, side by side: the more at once, the less each costs.</summary>
    public static void Seal(ReadOnlySpan<EncodedRecord> records) => Seal(null, records);

    /// <summary>Seals all records that need a trailer on one MD5 path; null selects the path that fits their number.</summary>
    [SkipLocalsInit]
    public static void Seal(Md5Path? path, ReadOnlySpan<EncodedRecord> records)
    {
        Span<Md5Source> messages = stackalloc Md5Source[Together];
        var pins = default(PinnedBuffers);
        var count = 0;
        for (var i = 0; i < records.Length; i++)
        {
            ref readonly var record = ref records[i];
            if (record.NeedsTrailer)
            {
                pins[count] = record.Buffer.AsMemory(record.Offset, record.Length).Pin();
                messages[count] = new Md5Source((byte*)pins[count].Pointer + AggregateFormat.MagicSize, record.Length - AggregateFormat.FrameSize);
                count++;
            }
            if (count == Together || (i == records.Length - 1 && count > 0))
            {
                Seal(path, messages[..count]);
                while (count > 0)
                    pins[--count].Dispose();
            }
        }
    }

    [SkipLocalsInit]
    private static void Seal(Md5Path? path, ReadOnlySpan<Md5Source> messages)
    {
        Span<UInt128> digests = stackalloc UInt128[Together];
        if (path is { } given)
            Md5Lanes.Hash(given, messages, digests);
        else
            Md5Lanes.Hash(messages, digests);
        for (var i = 0; i < messages.Length; i++)
            BinaryPrimitives.WriteUInt128BigEndian(new Span<byte>(messages[i].Start + messages[i].Length, AggregateFormat.TrailerSize), digests[i]);
    }

    [InlineArray(Together)]
    private struct PinnedBuffers
    {
        private MemoryHandle _first;
    }
}
