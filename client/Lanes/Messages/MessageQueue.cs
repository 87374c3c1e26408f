using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Records that wait for a lane, in order. Guarded by its stream.</summary>
internal sealed class MessageQueue
{
    private readonly MessageBuilder _open = new();
    private readonly Queue<OutgoingMessage> _full = new();

    // Messages that a silo sent back go before all others.
    private readonly Queue<OutgoingMessage> _again = new();

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

    public void AddAgain(OutgoingMessage message) => _again.Enqueue(message);

    /// <summary>Takes the next message, full or not. Must not be called on an empty queue.</summary>
    public OutgoingMessage Take() => _again.TryDequeue(out var message) || _full.TryDequeue(out message) ? message : _open.Take();

    /// <summary>Takes out the messages that expire by then.</summary>
    public List<OutgoingMessage> TakeExpired(long now)
    {
        var expired = new List<OutgoingMessage>();
        TakeExpired(_again, now, expired);
        TakeExpired(_full, now, expired);
        if (_open.ExpiresAt <= now)
            expired.Add(_open.Take());
        return expired;
    }

    private static void TakeExpired(Queue<OutgoingMessage> queue, long now, List<OutgoingMessage> expired)
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

/// <summary>
/// Packs records as they arrive. Records of one message share the options of their puts and, within a sixty-fourth of their time-to-live,
/// their age, so that no record lives noticeably longer than it may.
/// </summary>
internal sealed class MessageBuilder
{
    private const int AgeShare = 64;

    private readonly BatchBuilder _records = new();
    private bool _immediate;
    private bool _isAlone;
    private object? _rider;
    private long _ttl;
    private long _acceptedAt;
    private long _expiresAt = long.MaxValue;

    public bool IsEmpty => _records.IsEmpty;

    /// <summary>When the first record was accepted; <see cref="long.MaxValue"/> for none.</summary>
    public long AcceptedAt => IsEmpty ? long.MaxValue : _acceptedAt;

    /// <summary>When the message, as built so far, expires.</summary>
    public long ExpiresAt => _expiresAt;

    /// <summary>Whether records of those terms may join.</summary>
    public bool Takes(OutcomeSink sink)
    {
        var ttl = sink.ExpiresAt - sink.AcceptedAt;
        return IsEmpty || _immediate == sink.Immediate && _isAlone == sink.IsAlone && _rider == sink.Rider && _ttl == ttl
            && sink.AcceptedAt - _acceptedAt <= ttl / AgeShare;
    }

    /// <summary>Adds a record. False when the message is full or not for records of those terms: the caller must take the message first.</summary>
    public bool TryAdd(in IncomingRecord record)
    {
        var (isFirst, sink) = (IsEmpty, record.Member.Sink);
        // The silo hashes partition keys itself: those of clients are not believed.
        if (!_records.TryAdd(record, record.HasExplicitHashKey ? record.HashKey : null))
            return false;
        if (isFirst)
        {
            (_immediate, _isAlone, _rider) = (sink.Immediate, sink.IsAlone, sink.Rider);
            (_ttl, _acceptedAt, _expiresAt) = (sink.ExpiresAt - sink.AcceptedAt, sink.AcceptedAt, sink.ExpiresAt);
        }

        _expiresAt = Math.Max(_expiresAt, sink.ExpiresAt);
        return true;
    }

    /// <summary>Returns the message built so far and empties the builder.</summary>
    public OutgoingMessage Take()
    {
        var message = new OutgoingMessage(_records.Take(), _acceptedAt, _expiresAt);
        _expiresAt = long.MaxValue;
        return message;
    }
}
