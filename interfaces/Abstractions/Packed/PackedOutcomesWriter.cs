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

    /// <summary>The highest index of an outcome added since then.</summary>
    public long Highest { get; private set; }

    /// <summary>The current size of the message in bytes.</summary>
    public int Bytes =>
        1 + PackedBuffer.SizeOfVarint((uint)_groupCount) + _groups.Length
        + (_open is null ? 0 : PackedBuffer.SizeOfVarint((uint)_memberCount) + _members.Length);

    /// <summary>Adds outcomes of a run; false when the message would grow too large. An empty message takes outcomes of any size.</summary>
    public bool TryAdd(OutcomeRun run, in OutcomeGroup group)
    {
        var isNew = _open is null || !AreAlike(group.End, _open);
        if (isNew)
            CloseGroup();
        var (groups, members) = (_groups.Length, _members.Length);
        if (isNew)
            WriteEnd(group.End);
        _members.WriteSignedVarint(group.First - _previous);
        _members.Write(run.MembersOf(group));
        (_open, _groupCount, _memberCount) = (group.End, _groupCount + (isNew ? 1 : 0), _memberCount + group.Count);
        if (Bytes <= _maxBytes || Count == 0)
        {
            (_previous, Highest) = (group.Last, Math.Max(Highest, group.Highest));
            Count += group.Count;
            return true;
        }

        _groups.Truncate(groups);
        _members.Truncate(members);
        (_open, _groupCount, _memberCount) = (isNew ? null : _open, _groupCount - (isNew ? 1 : 0), _memberCount - group.Count);
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
        (Count, Highest) = (0, 0);
        _groups.Clear();
        _members.Clear();
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
