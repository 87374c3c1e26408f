using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>Remembers which batches of a session were taken, so that each is taken once, however often it arrives.</summary>
/// <param name="counted">Called with each change of the bytes that remembered batches take.</param>
internal sealed class BatchDeduplicator(Action<long> counted)
{
    /// <summary>The bytes that a batch takes in a dictionary and a queue.</summary>
    public const int BytesOfEach = 64;

    private static readonly Task<ClientReply?> Done = Task.FromResult<ClientReply?>(null);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Task<ClientReply?>> _taken = [];
    private readonly Queue<long> _order = new();
    private long _endedBefore;
    private bool _isClosed;

    /// <summary>The bytes that remembered batches take. Read without the lock: others may change it meanwhile.</summary>
    public long Bytes => (long)_order.Count * BytesOfEach;

    /// <summary>
    /// Takes a batch unless it was taken before. A copy that arrives while the batch is being taken waits for the same answer: if the copy
    /// were acknowledged at once and the batch then found no memory, the batch would be lost.
    /// </summary>
    /// <param name="firstRecord">The number of the batch's first record, which identifies the batch.</param>
    /// <param name="take">Takes the batch; returns null if it was taken, else a reply with the reason. Any failure is in its task.</param>
    public async Task<ClientReply?> TakeOnceAsync(long firstRecord, Func<Task<ClientReply?>> take)
    {
        TaskCompletionSource<ClientReply?> taking;
        Task<ClientReply?>? former;
        lock (_lock)
        {
            if (firstRecord < _endedBefore)
                return null;
            taking = new TaskCompletionSource<ClientReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_taken.TryGetValue(firstRecord, out former))
                _taken.Add(firstRecord, taking.Task);
        }

        if (former is not null)
            return await former.ConfigureAwait(false);
        var taken = take();
        await ((Task)taken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Settle(firstRecord, isTaken: taken.IsCompletedSuccessfully && await taken.ConfigureAwait(false) is null);
        taking.SetFromTask(taken);
        // A failure that no copy waits for counts as seen.
        _ = taking.Task.Exception;
        return await taken.ConfigureAwait(false);
    }

    /// <summary>Forgets the batches below that number: all their records have their outcomes at the client.</summary>
    public void Forget(long endedBefore)
    {
        lock (_lock)
        {
            if (endedBefore <= _endedBefore)
                return;
            _endedBefore = endedBefore;
            var before = _order.Count;
            while (_order.TryPeek(out var first) && first < endedBefore)
                _taken.Remove(_order.Dequeue());
            counted((_order.Count - before) * BytesOfEach);
        }
    }

    /// <summary>Remembers nothing more. Whoever calls it sees to it that no batch comes any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            counted(-Bytes);
            _order.Clear();
        }
    }

    private void Settle(long firstRecord, bool isTaken)
    {
        lock (_lock)
        {
            if (isTaken && firstRecord >= _endedBefore)
            {
                _taken[firstRecord] = Done;
                if (_isClosed)
                    return;
                _order.Enqueue(firstRecord);
                counted(BytesOfEach);
            }
            else
            {
                _taken.Remove(firstRecord);
            }
        }
    }
}
