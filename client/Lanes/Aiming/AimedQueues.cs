using Orleans.Kpl.Lanes.Dealing;
using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>The records of a stream that wait for a lane: those for any silo, and those that are aimed at one. Guarded by the stream.</summary>
internal sealed class AimedQueues
{
    /// <summary>
    /// The shortest time between two messages for a full shard. Records that come back are told after the answer to their message. With 64 KiB in each, it
    /// is three times what the shard takes.
    /// </summary>
    private const long Pace = 20 * TimeSpan.TicksPerMillisecond;

    private readonly MessageQueue _any = new();

    /// <summary>The silos whose queues are not empty.</summary>
    private readonly List<AimTarget> _aimed = [];
    private readonly ReturnedQueues _returned = new();
    private int _turn;

    public bool IsEmpty => _any.IsEmpty && _aimed.Count == 0 && _returned.Count == 0;

    /// <summary>When the oldest record was accepted; <see cref="long.MaxValue"/> for none.</summary>
    public long AcceptedAt =>
        _aimed.Select(static t => t.Queue.AcceptedAt).Concat(_returned.Messages.Select(static m => m.AcceptedAt)).Append(_any.AcceptedAt).Min();

    /// <summary>When the first message expires; <see cref="long.MaxValue"/> for none.</summary>
    public long ExpiresAt =>
        _aimed.Select(static t => t.Queue.ExpiresAt).Concat(_returned.Messages.Select(static m => m.ExpiresAt)).Append(_any.ExpiresAt).Min();

    /// <param name="target">The silo that the record is aimed at; null for any. Where no lane leads there, records go to any, in common messages.</param>
    public void Add(in IncomingRecord record, AimTarget? target, LaneTable lanes)
    {
        if (target is { Queue.IsEmpty: true })
        {
            if (lanes.To(target.Silo) is null)
                target = null;
            else
                _aimed.Add(target);
        }

        (target?.Queue ?? _any).Add(record);
    }

    /// <summary>A message that a silo sent back goes before all others, to any silo.</summary>
    public void AddAgain(OutgoingMessage message) => _any.AddAgain(message);

    /// <summary>Adds a message that came back because its shard is full. It goes to any silo, from that instant on.</summary>
    public void AddLater(OutgoingMessage message, long dueAt) => _returned.Add(message, dueAt);

    /// <summary>Notes that a silo has answered a message, or that it has ended.</summary>
    public void Ended(OutgoingMessage message, long now) => _returned.Ended(message, now + Pace);

    /// <summary>Takes the next message that a lane is free for and that need not wait. Null while there is none.</summary>
    /// <param name="wait">How long messages that records may still join wait for them.</param>
    /// <param name="readyAt">Where null is returned: when the first of those has waited so long, or one is due; <see cref="long.MaxValue"/> for none.</param>
    /// <remarks>The queues take turns, that for any silo too: under load each lane has a next message as soon as it is free.</remarks>
    public (Lane Lane, OutgoingMessage Message)? TryTake(LaneTable lanes, long wait, long now, out long readyAt)
    {
        while (_returned.TryTake(now, out readyAt) is { } due)
            _any.Add(due);
        for (var i = _aimed.Count - 1; i >= 0; i--)
        {
            if (lanes.To(_aimed[i].Silo) is not null)
                continue;
            // No lane leads there any more: what waits goes to any silo.
            while (!_aimed[i].Queue.IsEmpty)
                _any.AddAgain(_aimed[i].Queue.Take());
            _aimed.RemoveAt(i);
        }

        for (var left = _aimed.Count + 1; left > 0; left--)
        {
            _turn = (_turn + 1) % (_aimed.Count + 1);
            var target = _turn < _aimed.Count ? _aimed[_turn] : null;
            var queue = target?.Queue ?? _any;
            if (queue.IsEmpty)
                continue;
            var late = queue.LateAt(JoinWait.Longest);
            var lane = lanes.Find(late <= now, target?.Silo);
            var at = lane is null ? late : queue.ReadyAt(wait);
            if (at > now)
                readyAt = Math.Min(readyAt, at);
            if (lane is null || at > now)
                continue;

            var message = queue.Take();
            message.IsAimed = target is not null;
            if (target is { Queue.IsEmpty: true })
                _aimed.RemoveAt(_turn);
            return (lane, message);
        }

        return null;
    }

    /// <summary>Takes out the messages that expire by then.</summary>
    public List<OutgoingMessage> TakeExpired(long now)
    {
        List<OutgoingMessage> expired = [];
        _any.TakeExpired(now, expired);
        foreach (var target in _aimed)
            target.Queue.TakeExpired(now, expired);
        _aimed.RemoveAll(static t => t.Queue.IsEmpty);
        foreach (var message in expired)
            _returned.Ended(message, long.MinValue);
        _returned.TakeExpired(now, expired);
        return expired;
    }
}
