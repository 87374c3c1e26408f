namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Messages that came back because their shards were full, and the instants from which they may go again. Guarded by the stream.</summary>
/// <remarks>
/// Each shard has a queue of its own, so that none waits for another's. One message of a queue is under way at a time: each may wait for its shard at the
/// silo, and they must not take the lanes from other messages. Where one comes back again, those behind it wait as long.
/// </remarks>
internal sealed class ReturnedQueues
{
    private readonly Dictionary<(UInt128 First, UInt128 Last), ShardQueue> _shards = [];

    // The queues that have a message, and none under way. Their instants may be later by now.
    private readonly PriorityQueue<ShardQueue, long> _due = new();

    /// <summary>The messages that wait.</summary>
    public IEnumerable<OutgoingMessage> Messages => _shards.Values.SelectMany(static s => s.Messages);

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a message that came back.</summary>
    public void Add(OutgoingMessage message, long dueAt)
    {
        if (!_shards.TryGetValue(ShardOf(message), out var queue))
            _shards.Add(ShardOf(message), queue = new ShardQueue());
        if (message.Returns > 1 || queue.Messages.Count == 0)
            queue.DueAt = Math.Max(queue.DueAt, dueAt);
        queue.Messages.AddLast(message);
        Count++;
        Schedule(queue);
    }

    /// <summary>Takes a message that may go again; null where none may.</summary>
    /// <param name="nextAt">Where null is returned: when the next one may go; <see cref="long.MaxValue"/> where none waits.</param>
    public OutgoingMessage? TryTake(long now, out long nextAt)
    {
        nextAt = long.MaxValue;
        while (_due.TryPeek(out var queue, out var dueAt))
        {
            if (dueAt > now)
            {
                nextAt = dueAt;
                return null;
            }

            _due.Dequeue();
            queue.IsScheduled = false;
            if (queue.Messages.First is not { Value: var message })
                continue;
            if (queue.DueAt > now)
            {
                Schedule(queue);
                continue;
            }

            queue.Messages.RemoveFirst();
            queue.IsUnderWay = true;
            Count--;
            return message;
        }

        return null;
    }

    /// <summary>Notes that a message has been answered, or has ended, after it was taken.</summary>
    /// <param name="nextAt">When the next message of its shard may go at the earliest.</param>
    public void Ended(OutgoingMessage message, long nextAt)
    {
        if (message.Returns == 0)
            return;
        var queue = _shards[ShardOf(message)];
        queue.IsUnderWay = false;
        queue.DueAt = Math.Max(queue.DueAt, nextAt);
        Schedule(queue);
        Forget(message, queue);
    }

    /// <summary>Takes out the messages that expire by then.</summary>
    public void TakeExpired(long now, List<OutgoingMessage> expired)
    {
        foreach (var message in Messages.Where(m => m.ExpiresAt <= now).ToList())
        {
            var queue = _shards[ShardOf(message)];
            queue.Messages.Remove(message);
            Count--;
            expired.Add(message);
            Forget(message, queue);
        }
    }

    /// <summary>Messages for which no silo told a shard have a queue of their own.</summary>
    private static (UInt128 First, UInt128 Last) ShardOf(OutgoingMessage message) => message.FullShard ?? default;

    private void Schedule(ShardQueue queue)
    {
        if (queue.IsScheduled || queue.IsUnderWay || queue.Messages.Count == 0)
            return;
        queue.IsScheduled = true;
        _due.Enqueue(queue, queue.DueAt);
    }

    private void Forget(OutgoingMessage message, ShardQueue queue)
    {
        if (!queue.IsUnderWay && queue.Messages.Count == 0)
            _shards.Remove(ShardOf(message));
    }

    private sealed class ShardQueue
    {
        public LinkedList<OutgoingMessage> Messages { get; } = [];

        /// <summary>When its next message may go.</summary>
        public long DueAt { get; set; }

        /// <summary>Whether one of its messages has gone again, and the silo has not answered it yet.</summary>
        public bool IsUnderWay { get; set; }

        public bool IsScheduled { get; set; }
    }
}
