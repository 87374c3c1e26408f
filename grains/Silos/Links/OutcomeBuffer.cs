using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Keeps the outcomes of records until the sender of the records has acknowledged them. They are packed when they are reported, and reported again until
/// then. A client asks for its outcomes; to another silo <see cref="OutcomeOutbox"/> sends them.
/// </summary>
/// <param name="counted">Called with each change of the bytes that are kept; null where nobody counts.</param>
internal sealed class OutcomeBuffer(Action<long>? counted = null)
{
    /// <summary>The most messages in one answer; 64 KB each.</summary>
    private const int MessagesAtOnce = 8;

    /// <summary>So many outcomes may wait before those are looked for that nobody waits for.</summary>
    public const int FirstLook = 64 << 10;

    private readonly Lock _lock = new();
    private readonly PackedOutcomesWriter _writer = new();
    private readonly Queue<PackedMessage> _packed = new();
    private TaskCompletionSource? _waiter;
    private long _first = 1;
    private long _told;
    private long _records;
    private long _bytes;
    private long _packedBytes;
    private long _lookAt = FirstLook;
    private bool _isClosed;

    /// <summary>Whether every outcome has been reported and has arrived.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return HasNothing;
        }
    }

    /// <summary>The number of outcomes that are not acknowledged.</summary>
    public long Records => Interlocked.Read(ref _records);

    /// <summary>The bytes that these take, packed.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    private bool HasNothing => _packed.Count == 0 && _writer.Count == 0;

    /// <summary>Adds outcomes, and empties their run.</summary>
    public void Add(OutcomeRun run)
    {
        TaskCompletionSource? waiter;
        try
        {
            lock (_lock)
            {
                if (_isClosed)
                    return;
                foreach (ref readonly var group in run.Groups)
                {
                    if (_writer.TryAdd(run, group))
                        continue;
                    EndMessage();
                    _writer.TryAdd(run, group);
                }

                Count(run.Count);
                (waiter, _waiter) = (_waiter, null);
            }
        }
        finally
        {
            // The thread uses it for its next sink, which may belong to another session.
            run.Clear();
        }

        waiter?.TrySetResult();
    }

    /// <summary>Drops the messages that have arrived.</summary>
    public void Acknowledge(long upTo)
    {
        lock (_lock)
        {
            if (upTo > _told)
                return;
            var records = 0L;
            for (; _first <= upTo; _first++)
                records += Dequeue().Count;
            Count(-records);
        }
    }

    /// <summary>
    /// Drops messages all of whose records are below that number, and ended where they came from, once very many outcomes wait: so what waits is bounded by
    /// what is open there.
    /// </summary>
    public void Forget(long below)
    {
        lock (_lock)
        {
            if (_records < _lookAt)
                return;
            if (_writer.Highest < below)
                EndMessage();
            var records = 0L;
            for (var (number, end) = (_first, _first + _packed.Count); number < end; number++)
            {
                var message = Dequeue();
                var isOver = message.Highest < below;
                if (isOver)
                    records += message.Count;
                // One that was told keeps its number.
                if (!isOver || number <= _told)
                    Enqueue(isOver ? PackedMessage.Empty : message);
            }

            Count(-records);
            _lookAt = Math.Max(FirstLook, 2 * _records);
        }
    }

    /// <summary>Returns the next messages and the number of the first one; the same messages again until they are acknowledged.</summary>
    public (long First, byte[][] Messages) Take()
    {
        lock (_lock)
        {
            if (_packed.Count < MessagesAtOnce)
                EndMessage();
            byte[][] messages = [.. _packed.Take(MessagesAtOnce).Select(static m => m.Bytes)];
            _told = Math.Max(_told, _first + messages.Length - 1);
            return (_first, messages);
        }
    }

    /// <summary>Completes when there is something to take. A call that waited before is released.</summary>
    public Task WaitAsync()
    {
        TaskCompletionSource? former;
        TaskCompletionSource? waiter = null;
        lock (_lock)
        {
            // Another call, whose answer may never arrive, may have taken what came since the caller looked.
            if (HasNothing && !_isClosed)
                waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (former, _waiter) = (_waiter, waiter);
        }

        former?.TrySetResult();
        return waiter?.Task ?? Task.CompletedTask;
    }

    /// <summary>Closes the buffer: nobody waits for outcomes any more.</summary>
    public void Close()
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            // An acknowledgement of what was told may still come, and finds nothing.
            (_isClosed, _told) = (true, 0);
            _packed.Clear();
            _packedBytes = 0;
            _writer.Reset();
            Count(-_records);
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult();
    }

    /// <summary>Counts what has come or gone.</summary>
    private void Count(long records)
    {
        Interlocked.Add(ref _records, records);
        var bytes = _packedBytes + (_writer.Count == 0 ? 0 : _writer.Bytes);
        var more = bytes - Interlocked.Exchange(ref _bytes, bytes);
        counted?.Invoke(more);
    }

    private void Enqueue(PackedMessage message)
    {
        _packed.Enqueue(message);
        _packedBytes += message.Bytes.Length;
    }

    private PackedMessage Dequeue()
    {
        var message = _packed.Dequeue();
        _packedBytes -= message.Bytes.Length;
        return message;
    }

    /// <summary>Ends the open message. What comes is packed into the next one.</summary>
    private void EndMessage()
    {
        if (_writer.Count == 0)
            return;
        Enqueue(new PackedMessage(_writer.ToArray(), _writer.Count, _writer.Highest));
        _writer.Reset();
    }

    /// <param name="Count">How many outcomes are in it.</param>
    /// <param name="Highest">The highest number of their records.</param>
    private readonly record struct PackedMessage(byte[] Bytes, int Count, long Highest)
    {
        /// <summary>Keeps the number of a message that nobody waits for.</summary>
        public static readonly PackedMessage Empty = new(new PackedOutcomesWriter().ToArray(), 0, 0);
    }
}

/// <summary>Adds the outcomes of members to a run.</summary>
internal static class DeliveredMembers
{
    private const int MembersAtOnce = 64;

    /// <summary>Adds members that were delivered in one Kinesis record, one after the other.</summary>
    /// <param name="firstNumber">The number of the record with index 0, as agreed with whoever reads the outcomes.</param>
    /// <param name="place">The sub-sequence number of the first.</param>
    /// <param name="charge">What they are charged together.</param>
    public static void AddTo(this ReadOnlySpan<MemberRef> members, OutcomeRun run, long firstNumber, SharedOutcome end, int place, long charge = 0)
    {
        Span<long> numbers = stackalloc long[Math.Min(members.Length, MembersAtOnce)];
        for (; members.Length > 0; place += numbers.Length, members = members[numbers.Length..])
        {
            numbers = numbers[..Math.Min(members.Length, numbers.Length)];
            for (var i = 0; i < numbers.Length; i++)
                numbers[i] = firstNumber + members[i].Index;
            run.Add(numbers, end, place, charge);
            charge = 0;
        }
    }
}
