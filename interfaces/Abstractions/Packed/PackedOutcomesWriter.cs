namespace Orleans.Kpl.Packed;

/// <summary>
/// Packs outcomes of records for <see cref="PackedOutcomes"/>. Consecutive outcomes that differ only in their sub-sequence number, as
/// those of one Kinesis record's members do, form a group that stores the common part once. Reused.
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

    /// <summary>The number of outcomes added since the last <see cref="Reset"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The current size of the message in bytes.</summary>
    public int Bytes =>
        1 + PackedBuffer.SizeOfVarint((uint)_groupCount) + _groups.Length
        + (_open is null ? 0 : PackedBuffer.SizeOfVarint((uint)_memberCount) + _members.Length);

    /// <summary>Adds the outcome of a record; false when the message would grow too large. An empty message takes an outcome of any size.</summary>
    /// <param name="index">The record's index; not negative.</param>
    /// <param name="result">Its outcome. The record in it is not written.</param>
    public bool TryAdd(long index, in RecordResult result)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var end = result.Outcome ?? throw new ArgumentException("the record has not ended", nameof(result));
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

    /// <summary>Returns the message in a new array.</summary>
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

    /// <summary>
    /// Whether two outcomes differ only in their records. Attempts are compared by list reference: failures with the same reason share one list.
    /// </summary>
    private static bool AreAlike(SharedOutcome one, SharedOutcome other) =>
        ReferenceEquals(one, other)
        || (one.Status == other.Status
            && (ReferenceEquals(one.Attempts, other.Attempts) || (one.Attempts.Count == 0 && other.Attempts.Count == 0))
            && one.ErrorCode == other.ErrorCode
            && one.ErrorMessage == other.ErrorMessage
            && one.SequenceNumber == other.SequenceNumber
            && one.ShardId == other.ShardId);
}
