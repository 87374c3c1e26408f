using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>Which batches of a session were taken, so that each is taken once however often it comes.</summary>
internal sealed class BatchDeduplicator
{
    private static readonly Task<LaneReply?> Done = Task.FromResult<LaneReply?>(null);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Task<LaneReply?>> _taken = [];
    private readonly Queue<long> _order = new();
    private long _endedBefore;

    /// <summary>
    /// Takes a batch unless it was taken. One that comes again while it is being taken gets the same answer: had it been told that
    /// the batch is taken, and then no room was found, the batch would be lost.
    /// </summary>
    /// <param name="firstRecord">The batch's name.</param>
    /// <param name="take">Takes it; the reply tells why not, null that it was.</param>
    public async Task<LaneReply?> TakeOnceAsync(long firstRecord, Func<Task<LaneReply?>> take)
    {
        TaskCompletionSource<LaneReply?> taking;
        Task<LaneReply?>? former;
        lock (_lock)
        {
            if (firstRecord < _endedBefore)
                return null;
            taking = new TaskCompletionSource<LaneReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_taken.TryGetValue(firstRecord, out former))
                _taken.Add(firstRecord, taking.Task);
        }

        if (former is not null)
            return await former.ConfigureAwait(false);
        try
        {
            var refusal = await take().ConfigureAwait(false);
            Settle(firstRecord, isTaken: refusal is null);
            taking.SetResult(refusal);
            return refusal;
        }
        catch (Exception e)
        {
            Settle(firstRecord, isTaken: false);
            taking.SetException(e);
            _ = taking.Task.Exception;
            throw;
        }
    }

    /// <summary>Every record below that number has ended at the client: batches from before it need not be remembered.</summary>
    public void Forget(long endedBefore)
    {
        lock (_lock)
        {
            if (endedBefore <= _endedBefore)
                return;
            _endedBefore = endedBefore;
            while (_order.TryPeek(out var first) && first < endedBefore)
                _taken.Remove(_order.Dequeue());
        }
    }

    private void Settle(long firstRecord, bool isTaken)
    {
        lock (_lock)
        {
            if (isTaken && firstRecord >= _endedBefore)
            {
                _taken[firstRecord] = Done;
                _order.Enqueue(firstRecord);
            }
            else
            {
                _taken.Remove(firstRecord);
            }
        }
    }
}
