using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>The progress of a log: which segments and records are done, as saved beside the segments.</summary>
/// <remarks>
/// Format 1: <c>1, varint first number that is not done, then, by ascending number, (varint numbers left out since the former entry's end,
/// varint length &lt;&lt; 1 | isBitmap, bitmap of that many bytes)</c>: a run of so many segments that are done, or one segment of which
/// some records are. Varints are LEB128. Entries that do not fit are left out: records are then delivered again after a crash, not lost.
/// </remarks>
internal sealed class LogProgress
{
    /// <summary>The maximum size of the encoded progress, in bytes.</summary>
    public const int MaxBytes = 32 << 10;

    private const byte Format = 1;

    /// <summary>The longest run that a reader accepts. A longer one is written as several.</summary>
    private const long LongestRun = MaxBytes * 1_024L;

    /// <summary>Gets the first segment that is not done; all segments below it are.</summary>
    public long First { get; init; }

    /// <summary>Gets the segments from <see cref="First"/> on that are done.</summary>
    public SegmentRuns Done { get; init; } = new();

    /// <summary>Gets the segments of which some records are done.</summary>
    public SortedDictionary<long, ulong[]> Partly { get; init; } = [];

    /// <summary>Returns whether the segment is done.</summary>
    public bool IsDone(long number) => number < First || Done.Contains(number);

    public byte[] Encode()
    {
        var buffer = new PackedBuffer();
        buffer.Write(Format);
        buffer.WriteVarint((ulong)First);
        var next = First;
        using var done = Done.Runs.SelectMany(Pieces).GetEnumerator();
        using var partly = Partly.GetEnumerator();
        var (hasRun, hasPart) = (done.MoveNext(), partly.MoveNext());
        while (hasRun || hasPart)
        {
            var before = buffer.Length;
            if (hasRun && (!hasPart || done.Current.First < partly.Current.Key))
            {
                buffer.WriteVarint((ulong)(done.Current.First - next));
                buffer.WriteVarint((ulong)done.Current.Length << 1);
                next = done.Current.End;
                hasRun = done.MoveNext();
            }
            else
            {
                WritePart(ref buffer, partly.Current.Key - next, partly.Current.Value);
                next = partly.Current.Key + 1;
                hasPart = partly.MoveNext();
            }

            if (buffer.Length <= MaxBytes)
                continue;
            buffer.Truncate(before);
            break;
        }

        return buffer.Written.ToArray();
    }

    /// <summary>Reads a saved progress. Empty input means that nothing is done.</summary>
    /// <exception cref="PackedFormatException">The bytes are not a progress, or a later version wrote them.</exception>
    public static LogProgress Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new LogProgress();
        var reader = new PackedReader(bytes);
        if (reader.ReadByte() is not Format and var format)
            throw new PackedFormatException($"progress of format {format} is not known here; format {Format} is");
        var progress = new LogProgress { First = ReadNumber(ref reader, 0) };
        var next = progress.First;
        while (reader.Left > 0)
        {
            next = ReadNumber(ref reader, next);
            var length = reader.ReadVarint();
            if ((length & 1) == 0)
            {
                if (length >> 1 > LongestRun || (long)(length >> 1) > long.MaxValue - 1 - next)
                    throw new PackedFormatException("a run of segments is longer than can be");
                if (length > 0)
                    progress.Done.Add(next, (long)(length >> 1));
                next += (long)(length >> 1);
            }
            else
            {
                progress.Partly[next++] = ReadPart(reader.Read((int)Math.Min(length >> 1, int.MaxValue)));
            }
        }

        return progress;
    }

    private static void WritePart(ref PackedBuffer buffer, long gap, ulong[] bits)
    {
        var length = bits.Length * 8;
        Span<byte> bytes = length <= 1_024 ? stackalloc byte[length] : new byte[length];
        for (var i = 0; i < bits.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * 8)..], bits[i]);
        bytes = bytes.TrimEnd((byte)0);
        buffer.WriteVarint((ulong)gap);
        buffer.WriteVarint(((ulong)bytes.Length << 1) | 1);
        buffer.Write(bytes);
    }

    private static ulong[] ReadPart(ReadOnlySpan<byte> bytes)
    {
        var bits = new ulong[(bytes.Length + 7) / 8];
        for (var i = 0; i < bytes.Length; i++)
            bits[i / 8] |= (ulong)bytes[i] << (i % 8 * 8);
        return bits;
    }

    private static long ReadNumber(ref PackedReader reader, long from)
    {
        var distance = reader.ReadVarint();
        return distance <= (ulong)(long.MaxValue - 1 - from)
            ? from + (long)distance
            : throw new PackedFormatException("the number of a segment is out of range");
    }

    private static IEnumerable<SegmentRuns.Run> Pieces(SegmentRuns.Run run)
    {
        for (var first = run.First; first < run.End; first += LongestRun)
            yield return new SegmentRuns.Run(first, Math.Min(LongestRun, run.End - first));
    }
}
