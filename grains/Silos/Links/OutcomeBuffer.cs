using System.Runtime.InteropServices;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Silos.Links;

/// <summary>
/// Keeps the outcomes of records until whoever sent them has them: packed when they are told, and told again until they are acknowledged. A client asks for
/// them; another silo is brought them (<see cref="OutcomeOutbox"/>).
/// </summary>
/// <param name="counted">Told how many outcomes more, or less, are kept; null where nobody counts.</param>
internal sealed class OutcomeBuffer(Action<long>? counted = null)
{
    /// <summary>The most messages in one answer; 64 KB each.</summary>
    private const int MessagesAtOnce = 8;

    /// <summary>So many outcomes may wait before those are looked for that nobody waits for.</summary>
    public const int FirstLook = 64 << 10;

    private readonly Lock _lock = new();
    private readonly Lock _packing = new();
    private readonly PackedOutcomesWriter _writer = new();
    private readonly Queue<(byte[] Bytes, int Count)> _packed = new();
    private List<(long Record, RecordResult Result)> _ended = [];
    private List<(long Record, RecordResult Result)> _spare = [];
    private TaskCompletionSource? _waiter;
    private long _first = 1;
    private long _records;
    private int _lookAt = FirstLook;
    private volatile bool _isClosed;

    /// <summary>Whether every outcome has been reported and has arrived.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_packing)
            {
                lock (_lock)
                    return _ended.Count == 0 && _packed.Count == 0;
            }
        }
    }

    /// <summary>The number of outcomes that are not acknowledged.</summary>
    public long Records => Interlocked.Read(ref _records);

    public void Add(ReadOnlySpan<(long Record, RecordResult Result)> ended)
    {
        TaskCompletionSource? waiter;
        lock (_lock)
        {
            if (_isClosed)
                return;
            _ended.AddRange(ended);
            Count(ended.Length);
            (waiter, _waiter) = (_waiter, null);
        }

        waiter?.TrySetResult();
    }

    /// <summary>Drops the messages that have arrived.</summary>
    public void Acknowledge(long upTo)
    {
        lock (_packing)
        {
            if (upTo >= _first + _packed.Count)
                return;
            for (; _first <= upTo; _first++)
                Count(-_packed.Dequeue().Count);
        }
    }

    /// <summary>
    /// Drops outcomes of records below that number, which ended where they came from, once very many wait: so what waits is bounded by what is open there.
    /// </summary>
    public void Forget(long below)
    {
        lock (_lock)
        {
            if (_ended.Count < _lookAt)
                return;
            Count(-_ended.RemoveAll(e => e.Record < below));
            _lookAt = Math.Max(FirstLook, 2 * _ended.Count);
        }
    }

    /// <summary>Returns the next messages and the number of the first one; the same messages again until they are acknowledged.</summary>
    public (long First, byte[][] Messages) Take()
    {
        lock (_packing)
        {
            if (_packed.Count < MessagesAtOnce)
                Pack();
            return (_first, [.. _packed.Take(MessagesAtOnce).Select(static m => m.Bytes)]);
        }
    }

    /// <summary>Completes when there is something to take. A call that waited before is released.</summary>
    public Task WaitAsync()
    {
        TaskCompletionSource? former;
        Task waiting;
        lock (_packing)
        {
            lock (_lock)
            {
                former = _waiter;
                _waiter = null;
                // Another call, whose answer may never arrive, may have packed what came since the caller looked.
                if (_ended.Count > 0 || _packed.Count > 0 || _isClosed)
                {
                    waiting = Task.CompletedTask;
                }
                else
                {
                    _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    waiting = _waiter.Task;
                }
            }
        }

        former?.TrySetResult();
        return waiting;
    }

    /// <summary>Closes the buffer: nobody waits for outcomes any more.</summary>
    public void Close()
    {
        TaskCompletionSource? waiter;
        lock (_packing)
        {
            lock (_lock)
            {
                _isClosed = true;
                _packed.Clear();
                _ended.Clear();
                Count(-Records);
                (waiter, _waiter) = (_waiter, null);
            }
        }

        waiter?.TrySetResult();
    }

    private void Count(long more)
    {
        Interlocked.Add(ref _records, more);
        counted?.Invoke(more);
    }

    private void Pack()
    {
        List<(long Record, RecordResult Result)> ended;
        lock (_lock)
        {
            if (_ended.Count == 0)
                return;
            (ended, _ended) = (_ended, _spare);
        }

        foreach (ref readonly var end in CollectionsMarshal.AsSpan(ended))
        {
            if (_writer.TryAdd(end.Record, end.Result))
                continue;
            Close(_writer);
            _writer.TryAdd(end.Record, end.Result);
        }

        Close(_writer);
        ended.Clear();
        _spare = ended;
    }

    private void Close(PackedOutcomesWriter writer)
    {
        _packed.Enqueue((writer.ToArray(), writer.Count));
        writer.Reset();
    }
}
