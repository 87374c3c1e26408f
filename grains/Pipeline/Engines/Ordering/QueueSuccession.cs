namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// What the queue of a shard waits for: <see cref="ShardEngine.Queue"/>, which has what was accepted here, wherever the shard is served.
/// Guarded by the engine's lock.
/// </summary>
/// <remarks>
/// The queue of a shard that is no more passes on what still waits in it once its engine has handed over, nothing of the queue is anywhere
/// else, and the queues of all predecessors have passed on: what is in those is older. Engines never wait for queues. What they hold may be
/// other processes', and what a queue waits for may be held by the engine of such a process: if both waited, neither would go on.
/// </remarks>
internal sealed class QueueSuccession(ShardEngine engine)
{
    private IReadOnlyList<ShardSuccession>? _successors;
    private int _predecessors;
    private int _handOvers;
    private bool _isOver;
    private bool _hasPassedOn;

    /// <summary>
    /// Something older of the shard is on its way: from a shard before this one, or from the engine here back into the queue. What was
    /// accepted later stays in the queue. Read without the lock.
    /// </summary>
    public bool IsAwaited => Volatile.Read(ref _predecessors) > 0 || IsHandingOver;

    /// <summary>What the engine holds is about to go to another process, by way of the queue. Read without the lock.</summary>
    public bool IsHandingOver => Volatile.Read(ref _handOvers) > 0;

    /// <summary>What the engine holds will come back into the queue. <see cref="EndHandOver"/> is called as often.</summary>
    public void BeginHandOver() => Interlocked.Increment(ref _handOvers);

    /// <summary>Everything that was held is in the queue, or was given back.</summary>
    public void EndHandOver()
    {
        Interlocked.Decrement(ref _handOvers);
        engine.Queue?.Resume();
    }

    /// <summary>The queue of one more shard goes before this one. Called under the lock.</summary>
    public void AwaitPredecessor() => _predecessors++;

    /// <summary>The queue of a shard before this one has passed on.</summary>
    public void PredecessorHasPassedOn()
    {
        lock (engine.Gate)
            _predecessors--;
        engine.Queue?.Resume();
        PassOnIfOver();
    }

    /// <summary>The queue is closed, and nothing of it is anywhere else any more.</summary>
    public void QueueIsOver()
    {
        lock (engine.Gate)
            _isOver = true;
        PassOnIfOver();
    }

    /// <summary>What the engine held is with its successors, or has ended.</summary>
    public void EngineHasHandedOver(IReadOnlyList<ShardSuccession> successors)
    {
        lock (engine.Gate)
            _successors = successors;
        PassOnIfOver();
    }

    private void PassOnIfOver()
    {
        IReadOnlyList<ShardSuccession> successors;
        lock (engine.Gate)
        {
            // The engine may hand over, the queue end and a predecessor pass on at the same time: whoever comes last finds all three done.
            if (_successors is null || !IsOver || _predecessors > 0 || _hasPassedOn)
                return;
            _hasPassedOn = true;
            successors = _successors;
        }

        // Outside the engine's lock: the queue's own comes before it.
        engine.Queue?.PassOn();
        foreach (var successor in successors)
            successor.Queue.PredecessorHasPassedOn();
    }

    private bool IsOver => _isOver || engine.Queue is null;
}
