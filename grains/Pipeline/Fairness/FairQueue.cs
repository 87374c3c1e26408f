namespace Orleans.Kpl.Pipeline.Fairness;

/// <summary>
/// A queue in which each identity has its turn, and within an identity each stream: deficit round robin (Shreedhar and Varghese, 1995). However many
/// callers of one are in it, another waits for one turn of each. Callers of one identity and stream are served in their order. Its owner guards it.
/// </summary>
/// <typeparam name="T">What waits.</typeparam>
internal sealed class FairQueue<T>
    where T : class
{
    private readonly Dictionary<string, IdentityQueue> _identities = new(StringComparer.Ordinal);
    private readonly DeficitRotation<IdentityQueue> _rotation = new();
    private long _largest;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Of how many identities callers wait.</summary>
    public int Identities => _identities.Count;

    /// <summary>Whether any caller of that identity waits.</summary>
    public bool Contains(string? identity) => _identities.ContainsKey(identity ?? "");

    /// <summary>Adds one at the end of its own queue.</summary>
    /// <param name="item">Who waits.</param>
    /// <param name="size">What it takes when it is served; 1 at least.</param>
    /// <param name="key">Whose it is.</param>
    public QueueEntry Add(T item, long size, QueueKey key)
    {
        var name = key.Identity ?? "";
        if (!_identities.TryGetValue(name, out var identity))
        {
            _identities.Add(name, identity = new IdentityQueue(name));
            _rotation.Add(identity);
        }

        _largest = Math.Max(_largest, size);
        Count++;
        return identity.Add(item, size, key.Stream ?? this);
    }

    /// <summary>The one whose turn it is; null where nobody waits. It stays where it is.</summary>
    public T? First => _rotation.Next(_largest, t => t.HeadOf(_largest).Size)?.HeadOf(_largest).Item;

    /// <summary>Takes one out.</summary>
    /// <param name="entry">Its entry.</param>
    /// <param name="isServed">Whether it had its turn; one that gave up has not.</param>
    public void Remove(QueueEntry entry, bool isServed)
    {
        var identity = entry.Stream.Identity;
        if (isServed)
        {
            identity.Deficit -= entry.Size;
            entry.Stream.Deficit -= entry.Size;
        }

        Count--;
        if (!identity.Remove(entry))
            return;
        _rotation.Remove(identity);
        _identities.Remove(identity.Name);
        if (Count == 0)
            _largest = 0;
    }

    /// <summary>Empties the queue, and returns who waited.</summary>
    public IReadOnlyList<T> TakeAll()
    {
        List<T> all = [];
        while (First is not null)
        {
            var entry = _rotation.Next(_largest, t => t.HeadOf(_largest).Size)!.HeadOf(_largest);
            Remove(entry, isServed: true);
            all.Add(entry.Item);
        }

        return all;
    }

    /// <summary>A caller that waits.</summary>
    internal sealed class QueueEntry(T item, long size, StreamQueue stream)
    {
        public T Item => item;

        public long Size => size;

        public StreamQueue Stream => stream;

        public LinkedListNode<QueueEntry>? Node { get; set; }
    }

    /// <summary>The callers of one identity and one stream.</summary>
    internal sealed class StreamQueue(IdentityQueue identity, object key) : DeficitFlow
    {
        public IdentityQueue Identity => identity;

        public object Key => key;

        public LinkedList<QueueEntry> Entries { get; } = [];
    }

    /// <summary>The callers of one identity.</summary>
    internal sealed class IdentityQueue(string name) : DeficitFlow
    {
        private readonly Dictionary<object, StreamQueue> _streams = [];
        private readonly DeficitRotation<StreamQueue> _rotation = new();

        public string Name => name;

        public QueueEntry HeadOf(long largest) => _rotation.Next(largest, static s => s.Entries.First!.Value.Size)!.Entries.First!.Value;

        public QueueEntry Add(T item, long size, object key)
        {
            if (!_streams.TryGetValue(key, out var stream))
            {
                _streams.Add(key, stream = new StreamQueue(this, key));
                _rotation.Add(stream);
            }

            var entry = new QueueEntry(item, size, stream);
            entry.Node = stream.Entries.AddLast(entry);
            return entry;
        }

        /// <summary>Takes one out; true where nobody is left.</summary>
        public bool Remove(QueueEntry entry)
        {
            entry.Stream.Entries.Remove(entry.Node!);
            if (entry.Stream.Entries.Count > 0)
                return false;
            _rotation.Remove(entry.Stream);
            _streams.Remove(entry.Stream.Key);
            return _streams.Count == 0;
        }
    }
}

/// <summary>A flow that takes turns in a <see cref="DeficitRotation{TFlow}"/>.</summary>
internal abstract class DeficitFlow
{
    /// <summary>The size that it may still take in this turn.</summary>
    public long Deficit { get; set; }

    /// <summary>Whether it has got what a turn brings.</summary>
    public bool HasTurn { get; set; }
}

/// <summary>Gives turns: whoever has one may take a quantum, and what is left of it stays for the next.</summary>
/// <typeparam name="TFlow">What takes turns; each of them always has something that waits.</typeparam>
internal sealed class DeficitRotation<TFlow>
    where TFlow : DeficitFlow
{
    private readonly LinkedList<TFlow> _flows = [];

    public void Add(TFlow flow) => _flows.AddLast(flow);

    public void Remove(TFlow flow) => _flows.Remove(flow);

    /// <summary>Returns whose turn it is; null where there is nobody. Asked again before anybody took anything, it returns the same one.</summary>
    /// <param name="quantum">What a turn brings: no less than the largest that waits, so that each turn serves somebody.</param>
    /// <param name="sizeOf">What the first that waits will take.</param>
    public TFlow? Next(long quantum, Func<TFlow, long> sizeOf)
    {
        while (_flows.First is { } node)
        {
            var flow = node.Value;
            if (!flow.HasTurn)
            {
                flow.HasTurn = true;
                flow.Deficit += quantum;
            }

            if (sizeOf(flow) <= flow.Deficit)
                return flow;
            flow.HasTurn = false;
            _flows.RemoveFirst();
            _flows.AddLast(node);
        }

        return null;
    }
}

/// <summary>The owner of an entry.</summary>
/// <param name="Identity">The identity that puts; null for callers of the process itself.</param>
/// <param name="Stream">The stream, where callers of several wait in one queue; else null.</param>
internal readonly record struct QueueKey(string? Identity, object? Stream = null);
