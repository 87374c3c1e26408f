using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Tells what the queue of a shard must wait for. <see cref="IShardQueue"/> has the records that were accepted here, wherever the
/// shard is served. Guarded by the engine's lock.
/// </summary>
/// <remarks>
/// When a shard does not exist any more, its queue passes on the records that still wait in it. It does so once its engine has handed over, no
/// record of the queue is anywhere else, and the queues of all predecessors have passed on, because their records are older. They go to the
/// queues of the shards that came next, even if those do not exist any more either: they pass them on in their turn. If records went straight
/// to the shards of today, they would be there before older ones that still wait in between. Engines never wait for queues. An engine may hold
/// other processes' records, and a queue may wait for a record that another process' engine holds: if both waited, there would be a deadlock.
/// </remarks>
internal sealed class QueueSuccession(ShardEngine engine)
{
    private IReadOnlyList<ShardSuccession>? _successors;
    private int _predecessors;
    private int _handOvers;
    private bool _isOver;
    private bool _hasPassedOn;

    /// <summary>
    /// Whether older records of the shard are on their way: from a shard before this one, or from the engine here back into the queue.
    /// Records that were accepted later stay in the queue. Read without the lock.
    /// </summary>
    public bool IsAwaited => Volatile.Read(ref _predecessors) > 0 || IsHandingOver;

    /// <summary>Whether the engine's records are about to go to another process, by way of the queue. Read without the lock.</summary>
    public bool IsHandingOver => Volatile.Read(ref _handOvers) > 0;

    /// <summary>Announces that the engine's records will come back into the queue. Each call needs one of <see cref="EndHandOver"/>.</summary>
    public void BeginHandOver() => Interlocked.Increment(ref _handOvers);

    /// <summary>Notes that all held records are in the queue, or were given back.</summary>
    public void EndHandOver()
    {
        Interlocked.Decrement(ref _handOvers);
        engine.Queue?.Resume();
    }

    /// <summary>Makes the queue wait for the queue of one more predecessor. Called under the lock.</summary>
    public void AwaitPredecessor() => _predecessors++;

    /// <summary>Notes that the queue of a predecessor has passed on its records.</summary>
    public void PredecessorHasPassedOn()
    {
        lock (engine.Lock)
            _predecessors--;
        engine.Queue?.Resume();
        PassOnIfOver();
    }

    /// <summary>Notes that the queue is closed, and that none of its records is anywhere else.</summary>
    public void QueueIsOver()
    {
        lock (engine.Lock)
            _isOver = true;
        PassOnIfOver();
    }

    /// <summary>Notes that the records that the engine held are with its successors, or have their outcomes.</summary>
    public void EngineHasHandedOver(IReadOnlyList<ShardSuccession> successors)
    {
        lock (engine.Lock)
            _successors = successors;
        PassOnIfOver();
    }

    private void PassOnIfOver()
    {
        IReadOnlyList<ShardSuccession> successors;
        lock (engine.Lock)
        {
            // The engine may hand over, the queue finish and a predecessor pass on at the same time: the last of the three
            // threads finds all done.
            if (_successors is null || !IsOver || _predecessors > 0 || _hasPassedOn)
                return;
            _hasPassedOn = true;
            successors = _successors;
        }

        // Outside the engine's lock: the queue's lock must be taken before it.
        engine.Queue?.PassOn();
        foreach (var successor in successors)
            successor.Queue.PredecessorHasPassedOn();
    }

    private bool IsOver => _isOver || engine.Queue is null;
}
