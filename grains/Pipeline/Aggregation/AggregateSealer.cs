using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>Writes the trailers of closed aggregates: the MD5 of the message between magic and trailer.</summary>
internal static class AggregateSealer
{
    private const int Together = 64;

    /// <summary>Seals all records that need a trailer, side by side: the more at once, the less each costs.</summary>
    public static void Seal(ReadOnlySpan<EncodedRecord> records) => Seal(null, records);

    /// <summary>Seals all records that need a trailer on one MD5 path; null selects the path that fits their number.</summary>
    public static void Seal(Md5Path? path, ReadOnlySpan<EncodedRecord> records)
    {
        var messages = default(Messages);
        Span<UInt128> digests = stackalloc UInt128[Together];
        var count = 0;
        for (var i = 0; i < records.Length; i++)
        {
            ref readonly var record = ref records[i];
            if (record.NeedsTrailer)
            {
                messages[count++] = new Md5Message(
                    record.Buffer, record.Offset + AggregateFormat.MagicSize, record.Length - AggregateFormat.FrameSize);
            }
            if (count == Together || (i == records.Length - 1 && count > 0))
            {
                Seal(path, messages[..count], digests[..count]);
                count = 0;
            }
        }
    }

    private static void Seal(Md5Path? path, ReadOnlySpan<Md5Message> messages, Span<UInt128> digests)
    {
        if (path is { } given)
            Md5Lanes.Hash(given, messages, digests);
        else
            Md5Lanes.Hash(messages, digests);
        for (var i = 0; i < messages.Length; i++)
        {
            var (buffer, offset, length) = messages[i];
            BinaryPrimitives.WriteUInt128BigEndian(buffer.AsSpan(offset + length), digests[i]);
        }
    }

    [InlineArray(Together)]
    private struct Messages
    {
        private Md5Message _first;
    }
}
