namespace Orleans.Kpl.Packed;

/// <summary>Outcomes of many records in one piece of memory. When read, the members of one group share one outcome object.</summary>
/// <remarks>
/// Format 1: <c>1, varint groups, groups × (status byte, shard id, sequence number, error code, error message, varint attempts,
/// attempts × (start: 8 bytes of UTC ticks, duration: signed varint of ticks, error code, error message), varint members, members
/// × (index: signed varint of the distance from the one before, 0 before the first, varint sub-sequence number))</c>, and nothing
/// after it. A text is <c>varint bytes + 1, UTF-8</c>, null is 0. Varints are LEB128, signed ones zigzag, integers little endian.
/// </remarks>
internal readonly struct PackedOutcomes
{
    public const byte Format = 1;

    // Minimum bytes of a group with one member, of an attempt, and of a member.
    private const int LeastGroupBytes = 9;
    private const int LeastAttemptBytes = 11;
    private const int LeastMemberBytes = 2;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _start;
    private readonly int _groups;

    private PackedOutcomes(ReadOnlyMemory<byte> bytes, int start, int groups, int count) =>
        (_bytes, _start, _groups, Count) = (bytes, start, groups, count);

    /// <summary>The number of outcomes.</summary>
    public int Count { get; }

    /// <summary>Checks all bytes in advance, so that a message is accepted as a whole or not at all.</summary>
    /// <exception cref="PackedFormatException">The bytes are not packed outcomes, or in a format unknown to this version.</exception>
    public static PackedOutcomes Parse(ReadOnlyMemory<byte> bytes)
    {
        var reader = new PackedReader(bytes.Span);
        var format = reader.ReadByte();
        if (format != Format)
            throw new PackedFormatException($"outcomes of format {format} are not known here; format {Format} is");
        var groups = reader.ReadCount(LeastGroupBytes);
        var start = reader.Position;
        var count = 0;
        long index = 0;
        for (var i = 0; i < groups; i++)
            count += CheckGroup(ref reader, ref index);
        if (reader.Left != 0)
            throw new PackedFormatException($"{reader.Left} bytes follow the outcomes");
        return new PackedOutcomes(bytes, start, groups, count);
    }

    public Enumerator GetEnumerator() => new(this);

    private static int CheckGroup(ref PackedReader reader, ref long index)
    {
        var status = reader.ReadByte();
        if (status is < (byte)RecordStatus.Delivered or > (byte)RecordStatus.Unknown)
            throw new PackedFormatException($"a record cannot have ended with status {status}");
        reader.SkipText();
        reader.SkipText();
        reader.SkipText();
        reader.SkipText();
        var attempts = reader.ReadCount(LeastAttemptBytes);
        for (var i = 0; i < attempts; i++)
            CheckAttempt(ref reader);
        var members = reader.ReadCount(LeastMemberBytes);
        if (members == 0)
            throw new PackedFormatException("a group of outcomes is empty");
        for (var i = 0; i < members; i++)
        {
            var distance = reader.ReadSignedVarint();
            if (distance < -index || distance > long.MaxValue - index)
                throw new PackedFormatException("the place of an outcome is out of range");
            index += distance;
            if (reader.ReadVarint() > int.MaxValue)
                throw new PackedFormatException("a sub-sequence number is out of range");
        }

        return members;
    }

    private static void CheckAttempt(ref PackedReader reader)
    {
        var startedAt = reader.ReadInt64();
        var duration = reader.ReadSignedVarint();
        var most = DateTime.MaxValue.Ticks;
        if (startedAt < 0 || startedAt > most || duration < -startedAt || duration > most - startedAt)
            throw new PackedFormatException("the time of a try is out of range");
        reader.SkipText();
        reader.SkipText();
    }

    private static SharedOutcome ReadEnd(ref PackedReader reader) => new()
    {
        Status = (RecordStatus)reader.ReadByte(),
        ShardId = reader.ReadText(),
        SequenceNumber = reader.ReadText(),
        ErrorCode = reader.ReadText(),
        ErrorMessage = reader.ReadText(),
        Attempts = ReadAttempts(ref reader),
    };

    private static Attempt[] ReadAttempts(ref PackedReader reader)
    {
        var count = reader.ReadCount(LeastAttemptBytes);
        if (count == 0)
            return [];
        var attempts = new Attempt[count];
        for (var i = 0; i < count; i++)
        {
            var startedAt = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
            var endedAt = startedAt.AddTicks(reader.ReadSignedVarint());
            attempts[i] = new Attempt { StartedAt = startedAt, EndedAt = endedAt, ErrorCode = reader.ReadText(), ErrorMessage = reader.ReadText() };
        }

        return attempts;
    }

    /// <summary>Enumerates the outcomes in order.</summary>
    public ref struct Enumerator
    {
        private PackedReader _reader;
        private SharedOutcome? _end;
        private int _groupsLeft;
        private int _membersLeft;
        private long _index;

        internal Enumerator(PackedOutcomes outcomes)
        {
            _reader = new PackedReader(outcomes._bytes.Span, outcomes._start);
            _groupsLeft = outcomes._groups;
        }

        public PackedOutcome Current { get; private set; }

        public bool MoveNext()
        {
            if (_membersLeft == 0)
            {
                if (_groupsLeft == 0)
                    return false;
                _groupsLeft--;
                _end = ReadEnd(ref _reader);
                _membersLeft = _reader.ReadCount(LeastMemberBytes);
            }

            _membersLeft--;
            _index += _reader.ReadSignedVarint();
            Current = new PackedOutcome(_index, new RecordResult(_end!, (int)_reader.ReadVarint()));
            return true;
        }
    }
}

/// <summary>The outcome of one record, by the record's index.</summary>
/// <param name="Index">The number of the record, as agreed between sender and receiver; never negative.</param>
/// <param name="Result">Its outcome, without the record itself: the receiver that kept the record adds it (<c>RecordResult.WithRecord</c>).</param>
internal readonly record struct PackedOutcome(long Index, RecordResult Result);
