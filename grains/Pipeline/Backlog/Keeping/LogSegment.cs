using System.Numerics;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>
/// The state of one segment as the process knows it: which of its records are done, how many are in memory, and, until it is durable, which caller waits for
/// which record. The bytes are in the store.
/// </summary>
internal sealed class LogSegment(SegmentIndex index, long number)
{
    private readonly Lock _lock = new();
    private ulong[]? _done;
    private MemberRef[]? _callers;
    private Dictionary<int, (string Code, string? Message)>? _refused;
    private HashSet<int>? _alone;
    private bool _isQueued;
    private bool _isWrittenOff;

    public SegmentIndex Index { get; } = index;

    public long Number => number;

    /// <summary>Gets the number of records; 0 where the segment was found and not yet read.</summary>
    public int Count { get; private set; }

    /// <summary>Gets or sets the segment's size in the store, in bytes.</summary>
    public int Bytes { get; set; }

    /// <summary>When the oldest record was accepted, in unix milliseconds; <see cref="long.MaxValue"/> where it is not known yet.</summary>
    public long OldestAt { get; set; } = long.MaxValue;

    /// <summary>When that was by the clock of this process; <see cref="long.MaxValue"/> where the segment is not written yet, or was found.</summary>
    public long OpenedAt { get; set; } = long.MaxValue;

    /// <summary>Gets the number of records that need nothing more.</summary>
    public int DoneCount { get; private set; }

    /// <summary>Gets the number of records that are routed and have no outcome yet.</summary>
    public int InMemory { get; private set; }

    /// <summary>Gets whether the store acknowledged the segment, or it was found there.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>Gets whether the store has the segment, and no caller waits for an outcome of its records.</summary>
    public bool IsUnawaited
    {
        get
        {
            lock (_lock)
                return IsDurable && _callers is null;
        }
    }

    /// <summary>Gets whether the segment's records are counted in the ledger.</summary>
    public bool IsCounted { get; private set; }

    /// <summary>Gets or sets whether the segment index knows that some of the records are done.</summary>
    public bool IsNoted { get; set; }

    /// <summary>Gets or sets the earliest time of the next try.</summary>
    public long NotBefore { get; set; }

    /// <summary>
    /// Gets or sets why the segment is to be moved aside. A move that got no answer may have been made, and the segment then seems to be gone. So it is moved
    /// once more, and that tells where it lies.
    /// </summary>
    public Exception? Damage { get; set; }

    /// <summary>Gets or sets whether each record is a Kinesis record of its own; known once the segment was written or read.</summary>
    public bool IsAlone { get; set; }

    /// <summary>Registers the callers, each waiting for the record at its index. The segment is about to be written.</summary>
    public void Begin(MemberRef[] callers, bool isAlone = false)
    {
        IsAlone = isAlone;
        _callers = callers;
        Count = callers.Length;
        IsCounted = true;
    }

    /// <summary>Marks the segment as found in the store.</summary>
    /// <param name="done">The records that are done according to the saved progress; null for none.</param>
    public void Found(ulong[]? done)
    {
        IsDurable = true;
        _done = done;
    }

    /// <summary>Sets the number of records, once the segment has been read.</summary>
    /// <returns>The number of records that wait for delivery and were not yet in the ledger.</returns>
    public int Counted(int count)
    {
        lock (_lock)
        {
            if (IsCounted)
                return 0;
            IsCounted = true;
            Count = count;
            if (_done is not null)
            {
                Array.Resize(ref _done, (count + 63) / 64);
                if (count % 64 != 0)
                    _done[^1] &= (1UL << (count % 64)) - 1;
                DoneCount = _done.Sum(BitOperations.PopCount);
            }

            return count - DoneCount;
        }
    }

    /// <summary>Marks the segment as durable and adds its records to the ledger. Returns the callers whose records have no outcome yet.</summary>
    /// <param name="lost">How many wait in the store and were written off before: nobody counts them out of the backlog later.</param>
    public List<MemberRef> Durable(BacklogLedger ledger, out int lost)
    {
        lock (_lock)
        {
            IsDurable = true;
            ledger.IntoBacklog(Count - DoneCount);
            lost = _isWrittenOff ? Count - DoneCount - InMemory : 0;
            var callers = new List<MemberRef>(Count - DoneCount);
            for (var i = 0; i < Count; i++)
            {
                if (!IsDone(i))
                    callers.Add(_callers![i]);
            }

            _callers = null;
            return callers;
        }
    }

    /// <summary>Marks the segment as durable. No caller waits for that: there is none, or it waits for its record's outcome.</summary>
    public void Durable()
    {
        lock (_lock)
            IsDurable = true;
    }

    /// <summary>Counts records that are about to be routed.</summary>
    public void Enter(int count)
    {
        lock (_lock)
        {
            InMemory += count;
            _isQueued = false;
        }
    }

    /// <summary>
    /// Counts all records that are not done as about to be routed. False where they were written off: another process counts them now, and delivers them.
    /// </summary>
    public bool TryEnterAll()
    {
        lock (_lock)
        {
            if (_isWrittenOff)
                return false;
            InMemory += Count - DoneCount;
            _isQueued = false;
            return true;
        }
    }

    /// <summary>Marks a record as done. Returns the caller that still waits for it, or a member without a sink.</summary>
    /// <param name="index">The record's index in the segment.</param>
    public MemberRef Done(int index)
    {
        lock (_lock)
        {
            InMemory--;
            MarkDone(index);
            return _callers is null ? default : _callers[index];
        }
    }

    /// <summary>
    /// Takes a record back that was not delivered. If a caller still waits, the record is done and the caller is returned; else the record stays and
    /// the member has no sink.
    /// </summary>
    /// <param name="index">The record's index in the segment.</param>
    /// <param name="isLost">Whether the record stays in a segment that was written off before: it was not counted then.</param>
    public MemberRef Back(int index, out bool isLost)
    {
        lock (_lock)
        {
            InMemory--;
            isLost = _isWrittenOff && _callers is null;
            if (_callers is null)
                return default;
            MarkDone(index);
            return _callers[index];
        }
    }

    /// <summary>Notes that Kinesis refused a record for good, though its dead letter could not be kept yet: it is not to be sent again.</summary>
    public void Refuse(int index, string code, string? message)
    {
        lock (_lock)
            (_refused ??= [])[index] = (code, message);
    }

    /// <summary>Returns the records that Kinesis refused for good and that are not done, with their errors.</summary>
    public IReadOnlyList<(int Index, string Code, string? Message)> Refused()
    {
        lock (_lock)
            return _refused is null ? [] : [.. _refused.Where(r => !IsDone(r.Key)).Select(static r => (r.Key, r.Value.Code, r.Value.Message))];
    }

    /// <summary>Gets whether all records that wait in the store are such.</summary>
    public bool IsRefused
    {
        get
        {
            lock (_lock)
                return _refused is not null && IsCounted && _refused.Keys.Count(i => !IsDone(i)) == Count - DoneCount;
        }
    }

    /// <summary>
    /// Notes that a wrong shard took a record. Its attempts are not kept with it: let out again with others, it would be in one wrong shard after the
    /// other, for as long as the shards are not understood.
    /// </summary>
    public void SendAlone(int index)
    {
        lock (_lock)
            (_alone ??= []).Add(index);
    }

    /// <summary>Returns whether a record is to be sent alone.</summary>
    public bool GoesAlone(int index)
    {
        if (Volatile.Read(ref _alone) is not { } alone)
            return false;
        lock (_lock)
            return alone.Contains(index);
    }

    /// <summary>Gets whether all records are done and the store has the segment.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
                return IsDurable && IsCounted && DoneCount == Count;
        }
    }

    /// <summary>Queues the segment for a retry. True for one caller, when no record is in memory and some wait.</summary>
    public bool TryQueue()
    {
        lock (_lock)
            return IsDurable && InMemory == 0 && !(IsCounted && DoneCount == Count) && !_isQueued && (_isQueued = true);
    }

    /// <summary>Marks the segment as not queued, so that it can be queued again.</summary>
    public void Unqueue()
    {
        lock (_lock)
            _isQueued = false;
    }

    /// <summary>Gets the number of records that wait in the store.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return IsDurable && IsCounted ? Count - DoneCount - InMemory : 0;
        }
    }

    /// <summary>
    /// Writes off the records that wait: another process owns the log, or the segment cannot be read. Returns their number, and 0 where they were
    /// written off before.
    /// </summary>
    public int WriteOff()
    {
        lock (_lock)
        {
            var waiting = _isWrittenOff ? 0 : Waiting;
            // A record that was not counted by now is not ours to count.
            _isWrittenOff = IsCounted = true;
            return waiting;
        }
    }

    public bool IsDone(int index) => _done is not null && (_done[index >> 6] >> (index & 63) & 1) != 0;

    /// <summary>Returns the bits of the records that are done; null where none is.</summary>
    public ulong[]? DoneBits()
    {
        lock (_lock)
            return DoneCount == 0 && IsCounted ? null : (ulong[]?)_done?.Clone();
    }

    private void MarkDone(int index)
    {
        _done ??= new ulong[(Count + 63) / 64];
        ref var bits = ref _done[index >> 6];
        var bit = 1UL << (index & 63);
        if ((bits & bit) != 0)
            return;
        bits |= bit;
        DoneCount++;
    }
}
