using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>One shard. What can change is read and written under <see cref="Lock"/>.</summary>
internal sealed class Shard
{
    private readonly WriteLimit? _writeLimit;
    private long _lastThrottleTicks;
    private long _cutOverAtCounter = long.MaxValue;
    private Action<long>? _cutOver;

    public Shard(KinesisStream stream, int index, HashKeyRange range, long openedAtTicks, Shard? parent, Shard? adjacentParent)
    {
        (Stream, Index, Range, Parent, AdjacentParent) = (stream, index, range, parent, adjacentParent);
        OpenedAtTicks = openedAtTicks;
        Id = $"shardId-{index:D12}";
        // Larger than the parents', even when a parent was born in the same millisecond.
        Birth = Math.Max(EndpointClock.ToUnixMilliseconds(openedAtTicks), 1 + Math.Max(parent?.Birth ?? 0, adjacentParent?.Birth ?? 0));
        _writeLimit = stream.Settings.Options.LimitModel.CreateLimit(openedAtTicks);
        ReadLimit = stream.Settings.Options.EnforceReadLimits ? new(openedAtTicks) : null;
        Log = new(this, stream.Settings.Retention);
        StartingSequenceNumber = new(Birth, 0, Birth, Index);
    }

    /// <summary>
    /// Something happened that those who follow the shard want to see: a record, its end, or a change of its stream that becomes due.
    /// They are called under <see cref="Lock"/>, and only take note.
    /// </summary>
    public event Action? Changed;

    public Lock Lock { get; } = new();
    public KinesisStream Stream { get; }
    public int Index { get; }
    public string Id { get; }
    public HashKeyRange Range { get; }
    public Shard? Parent { get; }
    public Shard? AdjacentParent { get; }
    public long Birth { get; }
    public long OpenedAtTicks { get; }
    public SequenceNumber StartingSequenceNumber { get; }
    public ShardLog Log { get; }
    public ReadLimit? ReadLimit { get; }

    /// <summary>When the shard closed, or <see cref="long.MaxValue"/>.</summary>
    public long ClosedAtTicks { get; private set; } = long.MaxValue;
    public SequenceNumber? EndingSequenceNumber { get; private set; }
    public bool IsOpen => EndingSequenceNumber is null;

    /// <summary>Of a closed shard: those it was split or merged into.</summary>
    public IEnumerable<Shard> Children => Stream.Shards.Where(child => child.Parent == this || child.AdjacentParent == this);

    public long AppliedRecords { get; private set; }
    public long AppliedBytes { get; private set; }
    public long ThrottledRecords { get; private set; }

    /// <summary>When the present run of throttles began, none of them a second apart.</summary>
    public long ThrottledSinceTicks { get; private set; } = long.MaxValue;

    /// <summary>Applies one record, or says why not.</summary>
    public PutVerdict TryApply(in PutEntry entry, long nowTicks, long arrivalTicks, out SequenceNumber number)
    {
        lock (Lock)
        {
            number = default;
            if (!IsOpen) return PutVerdict.Closed;
            if (Log.NextCounter >= _cutOverAtCounter) return PutVerdict.CutOverDue;
            if (_writeLimit is not null && !_writeLimit.TryTake(arrivalTicks, entry.ChargedBytes))
            {
                ThrottledRecords++;
                if (nowTicks - _lastThrottleTicks > TimeSpan.TicksPerSecond) ThrottledSinceTicks = nowTicks;
                _lastThrottleTicks = nowTicks;
                return PutVerdict.Throttled;
            }
            var at = Math.Max(nowTicks, Log.LastArrivalTicks);
            var counter = Log.Append(entry.Hash, at, entry.Marks, entry.Key, entry.Data);
            AppliedRecords++;
            AppliedBytes += entry.ChargedBytes;
            number = NumberOf(counter, at);
            Changed?.Invoke();
            return PutVerdict.Applied;
        }
    }

    public SequenceNumber NumberOf(long counter, long arrivalTicks) =>
        new(Birth, counter, EndpointClock.ToUnixMilliseconds(arrivalTicks), Index);

    /// <summary>Lets a cut-over take place when the shard has taken so many more records.</summary>
    public void CutOverAfter(int records, Action<long> cutOver)
    {
        lock (Lock) (_cutOverAtCounter, _cutOver) = (Log.NextCounter + records, cutOver);
    }

    /// <summary>The cut-over that waits for records, which from now on waits no more; null when it took place.</summary>
    public Action<long>? TakeCutOver()
    {
        lock (Lock)
        {
            var cutOver = _cutOver;
            (_cutOverAtCounter, _cutOver) = (long.MaxValue, null);
            return cutOver;
        }
    }

    /// <summary>Ends the shard: every record it ever took is below its last sequence number.</summary>
    public void Close(long nowTicks)
    {
        lock (Lock)
        {
            if (!IsOpen) return;
            ClosedAtTicks = nowTicks;
            EndingSequenceNumber = NumberOf(Log.NextCounter, Math.Max(nowTicks, Log.LastArrivalTicks));
            Changed?.Invoke();
        }
    }

    /// <summary>Tells those who follow the shard that its stream changed, or will.</summary>
    public void Tell()
    {
        if (Changed is null) return;
        lock (Lock) Changed?.Invoke();
    }
}

/// <summary>The shard's answer to a record.</summary>
internal enum PutVerdict
{
    Applied,
    Throttled,

    /// <summary>The shard closed since it was looked up: the record belongs to a child.</summary>
    Closed,

    /// <summary>The shard has taken the records after which it was to be cut over: the caller does that now.</summary>
    CutOverDue,
}

/// <summary>One record of a put.</summary>
/// <param name="Key">In UTF-8.</param>
internal record struct PutEntry(byte[] Key, byte[] Data, UInt128 Hash, RecordMarks Marks)
{
    /// <summary>The bytes that limits count: data and the key's UTF-8 bytes.</summary>
    public readonly int ChargedBytes => Key.Length + Data.Length;
}
