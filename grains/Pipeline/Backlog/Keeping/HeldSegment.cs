using System.Numerics;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Backlog.Keeping;

/// <summary>
/// What the process knows of one segment: which of its records are done, how many are in memory, and until it is durable who waits for
/// which record. The bytes are in the store.
/// </summary>
internal sealed class HeldSegment(SegmentIndex book, long number)
{
    private readonly Lock _lock = new();
    private ulong[]? _done;
    private MemberRef[]? _callers;
    private bool _isQueued;

    public SegmentIndex Book => book;

    public long Number => number;

    /// <summary>Records in it; 0 where it was found and not read yet.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in the store.</summary>
    public int Bytes { get; set; }

    /// <summary>When the oldest record was accepted, in unix milliseconds; <see cref="long.MaxValue"/> where it is not known yet.</summary>
    public long OldestAt { get; set; } = long.MaxValue;

    /// <summary>Records that need nothing more.</summary>
    public int DoneCount { get; private set; }

    /// <summary>Records between routing and their end.</summary>
    public int InMemory { get; private set; }

    /// <summary>It was acknowledged by the store, or found there.</summary>
    public bool IsDurable { get; private set; }

    /// <summary>Its records stand in the books.</summary>
    public bool IsCounted { get; private set; }

    /// <summary>Its book knows that some of it is done.</summary>
    public bool IsNoted { get; set; }

    /// <summary>When it may be tried again.</summary>
    public long NotBefore { get; set; }

    /// <summary>It is about to be written: the callers wait, each for the record of that place.</summary>
    public void Begin(MemberRef[] callers)
    {
        _callers = callers;
        Count = callers.Length;
        IsCounted = true;
    }

    /// <summary>It was found in the store.</summary>
    /// <param name="done">What the progress says of its records; null for nothing.</param>
    public void Found(ulong[]? done)
    {
        IsDurable = true;
        _done = done;
    }

    /// <summary>It was read: now it is known how many records it has.</summary>
    /// <returns>How many of them wait for their delivery and did not stand in the books yet.</returns>
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

    /// <summary>The store has it, and the books say so. Returns who waits for records that have not ended otherwise meanwhile.</summary>
    public List<MemberRef> Durable(LedgerCounters accounts)
    {
        lock (_lock)
        {
            IsDurable = true;
            accounts.IntoBacklog(Count - DoneCount);
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

    /// <summary>The store has it; nobody waits for that.</summary>
    public void Durable()
    {
        lock (_lock)
            IsDurable = true;
    }

    /// <summary>So many records are about to be routed.</summary>
    public void Enter(int count)
    {
        lock (_lock)
        {
            InMemory += count;
            _isQueued = false;
        }
    }

    /// <summary>A record needs nothing more. Returns who still waits for it; a member without a sink for nobody.</summary>
    /// <param name="index">Its place.</param>
    public MemberRef Done(int index)
    {
        lock (_lock)
        {
            InMemory--;
            MarkDone(index);
            return _callers is null ? default : _callers[index];
        }
    }

    /// <summary>A record came back undelivered. Returns who still waits for it: then it is done; a member without a sink where it stays.</summary>
    /// <param name="index">Its place.</param>
    public MemberRef Back(int index)
    {
        lock (_lock)
        {
            InMemory--;
            if (_callers is null)
                return default;
            MarkDone(index);
            return _callers[index];
        }
    }

    /// <summary>All of it is done, and the store has it.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
                return IsDurable && IsCounted && DoneCount == Count;
        }
    }

    /// <summary>Lines up for being tried again: true for one caller, when nothing of it is in memory and some of it waits.</summary>
    public bool TryQueue()
    {
        lock (_lock)
            return IsDurable && InMemory == 0 && !(IsCounted && DoneCount == Count) && !_isQueued && (_isQueued = true);
    }

    /// <summary>It was lined up, and goes back to where it was.</summary>
    public void Unqueue()
    {
        lock (_lock)
            _isQueued = false;
    }

    /// <summary>Records that wait in the store.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return IsDurable && IsCounted ? Count - DoneCount - InMemory : 0;
        }
    }

    public bool IsDone(int index) => _done is not null && (_done[index >> 6] >> (index & 63) & 1) != 0;

    /// <summary>The bits of the records that are done; null where none is.</summary>
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
