using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Records that wait for a lane, in order. Guarded by its stream.</summary>
internal sealed class MessageQueue
{
    private readonly MessageBuilder _open = new();
    private readonly Queue<Message> _full = new();

    // Messages that a silo sent back go before all others.
    private readonly Queue<Message> _again = new();

    public bool IsEmpty => !HasFull && _open.IsEmpty;

    /// <summary>Whether a message waits that no record can join.</summary>
    public bool HasFull => _full.Count > 0 || _again.Count > 0;

    /// <summary>When the oldest record was accepted; <see cref="long.MaxValue"/> for none.</summary>
    public long AcceptedAt => _again.Concat(_full).Select(static m => m.AcceptedAt).Append(_open.AcceptedAt).Min();

    /// <summary>When the first message expires; <see cref="long.MaxValue"/> for none.</summary>
    public long ExpiresAt => _again.Concat(_full).Select(static m => m.ExpiresAt).Append(_open.ExpiresAt).Min();

    public void Add(in IncomingRecord record)
    {
        if (_open.Takes(record.Member.Sink) && _open.TryAdd(record))
            return;
        _full.Enqueue(_open.Take());
        _open.TryAdd(record);
    }

    public void AddAgain(Message message) => _again.Enqueue(message);

    /// <summary>Takes the next message, full or not. Must not be called on an empty queue.</summary>
    public Message Take() => _again.TryDequeue(out var message) || _full.TryDequeue(out message) ? message : _open.Take();

    /// <summary>Takes out the messages that expire by then.</summary>
    public List<Message> TakeExpired(long now)
    {
        var expired = new List<Message>();
        TakeExpired(_again, now, expired);
        TakeExpired(_full, now, expired);
        if (_open.ExpiresAt <= now)
            expired.Add(_open.Take());
        return expired;
    }

    private static void TakeExpired(Queue<Message> queue, long now, List<Message> expired)
    {
        for (var left = queue.Count; left > 0; left--)
        {
            var message = queue.Dequeue();
            if (message.ExpiresAt <= now)
                expired.Add(message);
            else
                queue.Enqueue(message);
        }
    }
}
