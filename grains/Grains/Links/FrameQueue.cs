using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Records that wait to be sent, in order, in messages that fill up while they wait. Guarded by its owner's lock.</summary>
internal sealed class FrameQueue
{
    // A builder has buffers of its own; only what has something to send has one.
    private static readonly ConcurrentBag<FrameBuilder> Builders = [];

    private readonly Queue<QueuedFrame> _full = new();
    private FrameBuilder? _open;

    public bool IsEmpty => _full.Count == 0 && _open is null;

    public void Add(in IncomingRecord record)
    {
        _open ??= Builders.TryTake(out var builder) ? builder : new FrameBuilder();
        if (_open.TryAdd(record))
            return;
        _full.Enqueue(_open.Take());
        _open.TryAdd(record);
    }

    /// <summary>Adds what is packed already.</summary>
    public void Add(QueuedFrame frame)
    {
        Close();
        _full.Enqueue(frame);
    }

    /// <summary>The next message, full or not; null for none.</summary>
    public QueuedFrame? Take()
    {
        if (_full.Count == 0)
            Close();
        return _full.TryDequeue(out var frame) ? frame : null;
    }

    /// <summary>The first batch in line, left where it is; null for none.</summary>
    public QueuedFrame? Peek()
    {
        if (_full.Count == 0)
            Close();
        return _full.TryPeek(out var frame) ? frame : null;
    }

    public List<QueuedFrame> TakeAll()
    {
        Close();
        var all = _full.ToList();
        _full.Clear();
        return all;
    }

    /// <summary>When the oldest of the records was accepted.</summary>
    public long OldestAcceptedAt()
    {
        Close();
        return _full.Select(static f => f.OldestAcceptedAt).DefaultIfEmpty(long.MaxValue).Min();
    }

    private void Close()
    {
        if (_open is null)
            return;
        _full.Enqueue(_open.Take());
        Builders.Add(_open);
        _open = null;
    }
}
