using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Lanes.Sessions;

/// <summary>Messages that one silo has received, by number, until their last records have their outcomes. Guarded by its session.</summary>
internal sealed class SentMessages
{
    private readonly Dictionary<long, Message> _messages = [];
    private readonly Queue<long> _order = new();
    private long _last;

    public bool IsEmpty => _messages.Count == 0;

    public long OldestAcceptedAt => _messages.Values.Select(static m => m.AcceptedAt).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>The number below which every record has its outcome.</summary>
    public long EndedBefore
    {
        get
        {
            while (_order.TryPeek(out var number) && !_messages.ContainsKey(number))
                _order.Dequeue();
            return Message.FirstRecordOf(_order.TryPeek(out var first) ? first : _last + 1);
        }
    }

    /// <summary>Adds a message; numbers rise.</summary>
    public void Add(Message message)
    {
        _messages.Add(message.Number, message);
        _order.Enqueue(message.Number);
        _last = message.Number;
    }

    /// <summary>Removes a message that the silo did not take; it goes elsewhere.</summary>
    public void Remove(Message message) => _messages.Remove(message.Number);

    /// <summary>Completes records with the outcomes that the silo reports.</summary>
    /// <exception cref="PackedFormatException">The outcomes cannot be parsed.</exception>
    public void End(byte[] outcomes, List<ForwardedOutcome> ends)
    {
        Message? message = null;
        foreach (var outcome in PackedOutcomes.Parse(outcomes))
        {
            var (number, place) = Message.PlaceOf(outcome.Index);
            if (message?.Number != number && !_messages.TryGetValue(number, out message))
                continue;
            if (!message.TryEnd(place, outcome.Result, out var end))
                continue;
            ends.Add(end);
            if (message.Open == 0)
                _messages.Remove(number);
        }
    }

    /// <summary>Takes out messages.</summary>
    public List<Message> Take(Func<Message, bool> isMeant)
    {
        List<Message> taken = [.. _messages.Values.Where(isMeant)];
        taken.ForEach(Remove);
        return taken;
    }
}
