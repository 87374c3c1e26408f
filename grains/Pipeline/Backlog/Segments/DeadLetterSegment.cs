using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>
/// Encodes and decodes segments of dead letters. Their body is <c>varint bytes of the records, the records, count × (number: varint, persisted at and set
/// aside at: signed varints of unix milliseconds, code, message)</c>, texts as <see cref="PackedBuffer.WriteText"/> has them.
/// </summary>
internal static class DeadLetterSegment
{
    /// <summary>Encodes at least one dead letter into a segment, in an array of its own. Each is a Kinesis record of its own, or none is.</summary>
    public static byte[] Encode(IReadOnlyList<DeadLetter> letters)
    {
        ArgumentOutOfRangeException.ThrowIfZero(letters.Count, nameof(letters));
        if (letters.Any(l => l.IsAlone != letters[0].IsAlone))
            throw new ArgumentException("dead letters of both kinds share no segment", nameof(letters));
        var records = new PackedRecordsWriter(int.MaxValue);
        var columns = new PackedBuffer();
        var oldestAt = long.MaxValue;
        foreach (var letter in letters)
        {
            var record = letter.Record;
            records.TryAdd(record.PartitionKey, record.Data.Span, record.ExplicitHashKey, record.ExplicitHashKey is not null,
                letter.ProducerNumber);
            columns.WriteVarint((ulong)letter.Number);
            columns.WriteSignedVarint(letter.PersistedAt.ToUnixTimeMilliseconds());
            columns.WriteSignedVarint(letter.SetAsideAt.ToUnixTimeMilliseconds());
            columns.WriteText(letter.ErrorCode);
            columns.WriteText(letter.ErrorMessage);
            oldestAt = Math.Min(oldestAt, letter.PersistedAt.ToUnixTimeMilliseconds());
        }

        var body = new PackedBuffer();
        body.WriteVarint((ulong)records.Bytes);
        body.Write(records.ToArray());
        body.Write(columns.Written);
        var buffer = new SegmentBuffer();
        body.Written.CopyTo(buffer.Begin(SegmentLogKind.DeadLetters, letters.Count, body.Length));
        var segment = buffer.End(SegmentLogKind.DeadLetters, letters.Count, oldestAt, letters[0].IsAlone).ToArray();
        buffer.Release();
        return segment;
    }

    /// <summary>Decodes a segment of dead letters.</summary>
    /// <exception cref="SegmentDamagedException">The bytes are not what was written.</exception>
    /// <exception cref="SegmentVersionException">A later version wrote them.</exception>
    public static DeadLetter[] Decode(ReadOnlyMemory<byte> bytes)
    {
        var segment = Segment.Read(bytes, SegmentLogKind.DeadLetters);
        try
        {
            return ReadLetters(segment);
        }
        catch (PackedFormatException e)
        {
            throw new SegmentDamagedException($"the body of the segment is damaged: {e.Message}", e);
        }
    }

    private static DeadLetter[] ReadLetters(Segment segment)
    {
        var reader = new PackedReader(segment.Body.Span);
        var bytes = reader.ReadCount(1);
        var records = segment.RecordsIn(segment.Body.Slice(reader.Position, bytes));
        reader.Read(bytes);
        var letters = new DeadLetter[records.Count];
        var index = 0;
        foreach (var record in records)
        {
            var number = reader.ReadVarint();
            if (number > long.MaxValue)
                throw new SegmentDamagedException($"{number} is no number of a dead letter");
            var persistedAt = ReadTime(ref reader);
            var setAsideAt = ReadTime(ref reader);
            var code = reader.ReadText() ?? throw new SegmentDamagedException("a dead letter has no code");
            letters[index++] = new DeadLetter
            {
                Number = (long)number,
                Record = records.ToUserRecord(record.Position),
                ProducerNumber = record.Number,
                IsAlone = segment.Header.IsAlone,
                ErrorCode = code,
                ErrorMessage = reader.ReadText(),
                PersistedAt = persistedAt,
                SetAsideAt = setAsideAt,
            };
        }

        if (reader.Left != 0)
            throw new SegmentDamagedException($"{reader.Left} bytes follow the dead letters");
        return letters;
    }

    private static DateTimeOffset ReadTime(ref PackedReader reader)
    {
        var milliseconds = reader.ReadSignedVarint();
        return milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : throw new SegmentDamagedException($"{milliseconds} ms are no instant");
    }
}
