using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Records that wait for a lane, in order, and are packed as they arrive. Guarded by its stream.</summary>
/// <remarks>
/// Records of one message share the options of their puts and, within a sixty-fourth of their time-to-live, their age, so that no record lives noticeably
/// longer than it may.
/// </remarks>
internal sealed class MessageQueue
{
    private const int AgeShare = 64;
    private const int WaitShare = 8;

    private readonly BatchBuilder _open = new(isPooled: true);
    private readonly Queue<OutgoingMessage> _full = new();

    // Messages that a silo sent back go before all others.
    private readonly Queue<OutgoingMessage> _again = new();

    // Of the first record of the open message; null while it is empty.
    private OutcomeSink? _terms;
    private long _expiresAt;

    public bool IsEmpty => !HasFull && _terms is null;

    /// <summary>Whether a message waits that no record can join.</summary>
    public bool HasFull => _full.Count > 0 || _again.Count > 0;

    /// <summary>When the oldest record was accepted; <see cref="long.MaxValue"/> for none.</summary>
    public long AcceptedAt => _again.Concat(_full).Select(static m => m.AcceptedAt).Append(_terms?.AcceptedAt ?? long.MaxValue).Min();

    /// <summary>When the first message expires; <see cref="long.MaxValue"/> for none.</summary>
    public long ExpiresAt => _again.Concat(_full).Select(static m => m.ExpiresAt).Append(_terms is null ? long.MaxValue : _expiresAt).Min();

    /// <summary>When the next message may go, where one that records may still join waits for others: in the past for any other one.</summary>
    /// <param name="wait">How long it waits; less where that would be much of its records' time-to-live.</param>
    public long ReadyAt(long wait) => _terms is { IsDueAtOnce: false } ? LateAt(wait) : long.MinValue;

    /// <summary>When the next message counts as full, though records may still join it: in the past for one that is.</summary>
    /// <inheritdoc cref="ReadyAt"/>
    public long LateAt(long wait) => HasFull || _terms is not { } first
        ? long.MinValue
        : first.AcceptedAt + Math.Min(wait, (first.ExpiresAt - first.AcceptedAt) / WaitShare);

    public void Add(in IncomingRecord record)
    {
        if (TryJoin(record))
            return;
        _full.Enqueue(TakeOpen());
        TryJoin(record);
    }

    public void AddAgain(OutgoingMessage message) => _again.Enqueue(message);

    /// <summary>Adds a message behind those that are full.</summary>
    public void Add(OutgoingMessage message) => _full.Enqueue(message);

    /// <summary>Takes the next message, full or not. Must not be called on an empty queue.</summary>
    public OutgoingMessage Take() => _again.TryDequeue(out var message) || _full.TryDequeue(out message) ? message : TakeOpen();

    /// <summary>Takes out the messages that expire by then.</summary>
    public void TakeExpired(long now, List<OutgoingMessage> expired)
    {
        foreach (var queue in (ReadOnlySpan<Queue<OutgoingMessage>>)[_again, _full])
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

        if (_terms is not null && _expiresAt <= now)
            expired.Add(TakeOpen());
    }

    /// <summary>Adds a record to the open message. False when that is full, or for records of other terms.</summary>
    private bool TryJoin(in IncomingRecord record)
    {
        var sink = record.Member.Sink;
        // The silo hashes partition keys itself: those of clients are not believed.
        if (!Takes(sink) || !_open.TryAdd(record, record.HasExplicitHashKey ? record.HashKey : null))
            return false;
        _expiresAt = _terms is null ? sink.ExpiresAt : Math.Max(_expiresAt, sink.ExpiresAt);
        _terms ??= sink;
        return true;
    }

    /// <summary>
    /// Whether records of those terms may join the open message. The first record tells whether a flush waits for the message, so that one which was accepted
    /// before a flush does not join one that was accepted after it.
    /// </summary>
    private bool Takes(OutcomeSink sink) => _terms is not { } first || first == sink
        || ((first.Generation == sink.Generation || first.IsDueAtOnce) && first.Immediate == sink.Immediate && first.IsAlone == sink.IsAlone
            && first.Rider == sink.Rider && first.ExpiresAt - first.AcceptedAt == sink.ExpiresAt - sink.AcceptedAt
            && sink.AcceptedAt - first.AcceptedAt <= (sink.ExpiresAt - sink.AcceptedAt) / AgeShare);

    private OutgoingMessage TakeOpen()
    {
        var message = new OutgoingMessage(_open.Take(), _expiresAt);
        _terms = null;
        return message;
    }
}
