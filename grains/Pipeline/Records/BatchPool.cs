using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Records;

/// <summary>Keeps a few prepared batches for reuse.</summary>
internal sealed class BatchPool
{
    private const int MaxKept = 64;

    private readonly ConcurrentBag<PreparedBatch> _kept = [];

    public PreparedBatch Rent() => _kept.TryTake(out var batch) ? batch : new PreparedBatch();

    /// <summary>Empties a batch and takes it back.</summary>
    public void Return(PreparedBatch batch)
    {
        batch.Clear();
        if (_kept.Count < MaxKept)
            _kept.Add(batch);
    }
}
