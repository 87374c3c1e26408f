namespace Orleans.Kpl.Packed;

/// <summary>
/// Packs ends of records for <see cref="PackedOutcomes"/>. Those that follow one another and are alike but for their
/// sub-sequence number, as the members of one Kinesis record are, form a group that says it once. Reused.
/// </summary>
internal sealed class PackedOutcomesWriter
{
    private readonly int _maxBytes;
    private PackedBuffer _groups = new();
    private PackedBuffer _members = new();
    private SharedOutcome? _open;
    private int _groupCount;
    private int _memberCount;
    private long _previous;

    public PackedOutcomesWriter(int maxBytes = PackedRecordsWriter.DefaultMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        _maxBytes = maxBytes;
    }

    /// <summary>Ends added since the last <see cref="Reset"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the message as it stands.</summary>
    public int Bytes =>
        1 + PackedBuffer.SizeOfVarint((uint)_groupCount) + _groups.Length
        + (_open is null ? 0 : PackedBuffer.SizeOfVarint((uint)_memberCount) + _members.Length);

    /// <summary>Adds the end of a record; false when the message would grow too large. Into an empty message any one goes.</summary>
    /// <param name="index">The record's place; not negative.</param>
    /// <param name="result">Its end. The record in it is not carried.</param>
    public bool TryAdd(long index, in RecordResult result)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var end = result.End ?? throw new ArgumentException("the record has not ended", nameof(result));
        if (_open is null || !AreAlike(end, _open))
            return TryAddGroup(index, end, result.SubSequenceNumber);
        var members = _members.Length;
        AddMember(index, result.SubSequenceNumber);
        if (Bytes <= _maxBytes)
        {
            Count++;
            _previous = index;
            return true;
        }

        _members.Truncate(members);
        _memberCount--;
        return false;
    }

    /// <summary>The message, in an array of its own.</summary>
    public byte[] ToArray()
    {
        CloseGroup();
        var head = new PackedBuffer();
        head.Write(PackedOutcomes.Format);
        head.WriteVarint((uint)_groupCount);
        return [.. head.Written, .. _groups.Written];
    }

    /// <summary>Begins the next message.</summary>
    public void Reset()
    {
        _open = null;
        _groupCount = 0;
        _memberCount = 0;
        _previous = 0;
        Count = 0;
        _groups.Clear();
        _members.Clear();
    }

    private bool TryAddGroup(long index, SharedOutcome end, int subSequenceNumber)
    {
        CloseGroup();
        var groups = _groups.Length;
        WriteEnd(end);
        _open = end;
        _groupCount++;
        AddMember(index, subSequenceNumber);
        if (Bytes <= _maxBytes || Count == 0)
        {
            Count++;
            _previous = index;
            return true;
        }

        _groups.Truncate(groups);
        _groupCount--;
        _open = null;
        _members.Clear();
        _memberCount = 0;
        return false;
    }

    private void AddMember(long index, int subSequenceNumber)
    {
        _members.WriteSignedVarint(index - _previous);
        _members.WriteVarint((uint)subSequenceNumber);
        _memberCount++;
    }

    private void WriteEnd(SharedOutcome end)
    {
        _groups.Write((byte)end.Status);
        _groups.WriteText(end.ShardId);
        _groups.WriteText(end.SequenceNumber);
        _groups.WriteText(end.ErrorCode);
        _groups.WriteText(end.ErrorMessage);
        _groups.WriteVarint((uint)end.Attempts.Count);
        foreach (var attempt in end.Attempts)
        {
            _groups.WriteInt64(attempt.StartedAt.UtcTicks);
            _groups.WriteSignedVarint(attempt.Duration.Ticks);
            _groups.WriteText(attempt.ErrorCode);
            _groups.WriteText(attempt.ErrorMessage);
        }
    }

    private void CloseGroup()
    {
        if (_open is null)
            return;
        _groups.WriteVarint((uint)_memberCount);
        _groups.Write(_members.Written);
        _open = null;
        _members.Clear();
        _memberCount = 0;
    }

    /// <summary>Whether two outcomes differ in nothing but their records. Tries are compared as lists: failures that share a reason share one.</summary>
    private static bool AreAlike(SharedOutcome one, SharedOutcome other) =>
        ReferenceEquals(one, other)
        || (one.Status == other.Status
            && (ReferenceEquals(one.Attempts, other.Attempts) || (one.Attempts.Count == 0 && other.Attempts.Count == 0))
            && one.ErrorCode == other.ErrorCode
            && one.ErrorMessage == other.ErrorMessage
            && one.SequenceNumber == other.SequenceNumber
            && one.ShardId == other.ShardId);
}
