namespace Orleans.Kpl.Pipeline.Fairness;

/// <summary>
/// A queue in which each identity has its turn, and within an identity each stream: deficit round robin (Shreedhar and Varghese, 1995). However many
/// callers of one are in it, another waits for one turn of each. Callers of one identity and stream are served in their order. Its owner guards it.
/// </summary>
internal sealed class FairQueue
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
    /// <param name="identity">The identity that puts; null for callers of the process itself.</param>
    /// <param name="stream">The stream, where callers of several wait in one queue; else null.</param>
    public void Add(QueuedCaller caller, string? identity, object? stream = null)
    {
        var name = identity ?? "";
        if (!_identities.TryGetValue(name, out var queue))
        {
            _identities.Add(name, queue = new IdentityQueue(name));
            _rotation.Add(queue);
        }

        _largest = Math.Max(_largest, caller.Size);
        Count++;
        queue.Add(caller, stream ?? this);
    }

    /// <summary>The one whose turn it is; null where nobody waits. It stays where it is.</summary>
    public QueuedCaller? First => _rotation.Next(_largest, t => t.HeadOf(_largest).Size)?.HeadOf(_largest);

    /// <summary>Takes one out that waits.</summary>
    /// <param name="isServed">Whether it had its turn; one that gave up has not.</param>
    public void Remove(QueuedCaller caller, bool isServed)
    {
        var stream = caller.Queue!;
        var identity = stream.Identity;
        if (isServed)
        {
            identity.Deficit -= caller.Size;
            stream.Deficit -= caller.Size;
        }

        Count--;
        if (!identity.Remove(caller))
            return;
        _rotation.Remove(identity);
        _identities.Remove(identity.Name);
        if (Count == 0)
            _largest = 0;
    }

    /// <summary>The callers of one identity and one stream.</summary>
    internal sealed class StreamQueue(IdentityQueue identity, object key) : DeficitFlow
    {
        public IdentityQueue Identity => identity;

        public object Key => key;

        public LinkedList<QueuedCaller> Callers { get; } = [];
    }

    /// <summary>The callers of one identity.</summary>
    internal sealed class IdentityQueue(string name) : DeficitFlow
    {
        private readonly Dictionary<object, StreamQueue> _streams = [];
        private readonly DeficitRotation<StreamQueue> _rotation = new();

        public string Name => name;

        public QueuedCaller HeadOf(long largest) => _rotation.Next(largest, static s => s.Callers.First!.Value.Size)!.Callers.First!.Value;

        public void Add(QueuedCaller caller, object key)
        {
            if (!_streams.TryGetValue(key, out var stream))
            {
                _streams.Add(key, stream = new StreamQueue(this, key));
                _rotation.Add(stream);
            }

            (caller.Queue, caller.Place) = (stream, stream.Callers.AddLast(caller));
        }

        /// <summary>Takes one out; true where nobody is left.</summary>
        public bool Remove(QueuedCaller caller)
        {
            var stream = caller.Queue!;
            stream.Callers.Remove(caller.Place!);
            (caller.Queue, caller.Place) = (null, null);
            if (stream.Callers.Count > 0)
                return false;
            _rotation.Remove(stream);
            _streams.Remove(stream.Key);
            return _streams.Count == 0;
        }
    }
}

/// <summary>A caller that waits in a <see cref="FairQueue"/>.</summary>
/// <param name="size">What it takes when it is served; 1 at least.</param>
internal abstract class QueuedCaller(long size) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public long Size => size;

    /// <summary>Where it waits; null once it was served, turned away or gave up. The queue's owner guards it.</summary>
    public FairQueue.StreamQueue? Queue { get; set; }

    public LinkedListNode<QueuedCaller>? Place { get; set; }

    /// <summary>Completes when it is served or turned away.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled before, and gave up.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(static (c, token) => ((QueuedCaller)c!).GiveUp(token), this);
        try
        {
            await Task.ConfigureAwait(false);
        }
        finally
        {
            // Whoever cancels at this instant finds it gone.
            registration.Unregister();
        }
    }

    /// <summary>Takes it out of its queue and cancels it, if it still waits there.</summary>
    protected abstract void GiveUp(CancellationToken cancellationToken);
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
