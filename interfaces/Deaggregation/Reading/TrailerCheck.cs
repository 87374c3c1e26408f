using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Deaggregation;

/// <summary>Checks the MD5 of many aggregates side by side.</summary>
internal static class TrailerCheck
{
    /// <summary>The most that are checked at a time.</summary>
    public const int Together = 64;

    /// <summary>
    /// Tells which Kinesis records are aggregates whose trailer is right, the first of them in the lowest bit. Its bit is 0 where one is no aggregate.
    /// </summary>
    /// <param name="first">The first to check.</param>
    /// <param name="count">How many; at most <see cref="Together"/>.</param>
    [SkipLocalsInit]
    public static unsafe ulong Right(IReadOnlyList<KinesisRecordData> records, int first, int count)
    {
        Span<Md5Source> messages = stackalloc Md5Source[Together];
        Span<UInt128> digests = stackalloc UInt128[Together];
        Span<UInt128> trailers = stackalloc UInt128[Together];
        Span<byte> indexes = stackalloc byte[Together];
        var pins = default(Pins);
        var found = 0;
        try
        {
            for (var index = 0; index < count; index++)
            {
                var data = records[first + index].Data;
                if (!AggregatedRecordCodec.IsAggregate(data.Span))
                    continue;
                pins[found] = data.Pin();
                messages[found] = new Md5Source(
                    (byte*)pins[found].Pointer + AggregateFormat.MagicSize, data.Length - AggregateFormat.FrameSize);
                trailers[found] = BinaryPrimitives.ReadUInt128BigEndian(data.Span[^AggregateFormat.TrailerSize..]);
                indexes[found++] = (byte)index;
            }

            Md5Lanes.Hash(messages[..found], digests[..found]);
        }
        finally
        {
            for (var i = 0; i < found; i++)
                pins[i].Dispose();
        }

        var right = 0UL;
        for (var i = 0; i < found; i++)
            right |= digests[i] == trailers[i] ? 1UL << indexes[i] : 0;
        return right;
    }

    [InlineArray(Together)]
    private struct Pins
    {
        private MemoryHandle _first;
    }
}

/// <summary>The state of the MD5 at the end of a Kinesis record's data.</summary>
internal enum Trailer
{
    /// <summary>It was not looked at.</summary>
    Unknown = 0,

    /// <summary>It is that of the message: the data are an aggregate.</summary>
    Right,

    /// <summary>It is not, or the data do not look like an aggregate.</summary>
    Wrong,
}
