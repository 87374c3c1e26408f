using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// The batches that one process was sent, by the numbers of their records, until each of these has its outcome. The numbers rise, and may have gaps.
/// Guarded by its owner.
/// </summary>
/// <param name="next">No number is below this.</param>
internal sealed class SentBatches<T>(long next)
    where T : KeptBatch
{
    private readonly SortedList<long, T> _batches = [];
    // Outcomes come in runs.
    private T? _found;

    public bool IsEmpty => _batches.Count == 0;

    public IList<T> All => _batches.Values;

    /// <summary>The number after that of the last record that was sent.</summary>
    public long Next { get; private set; } = next;

    /// <summary>The number below which every record has its outcome: whoever took those may forget that it did.</summary>
    public long EndedBefore => IsEmpty ? Next : _batches.GetKeyAtIndex(0);

    public void Add(T batch)
    {
        _batches.Add(batch.First, batch);
        Next = batch.End;
    }

    public bool Contains(T batch) => _batches.ContainsKey(batch.First);

    /// <summary>Ends records by outcomes that came. Those of records that have ended before are left out: outcomes may arrive twice.</summary>
    /// <param name="end">Called with each other one, whose record is marked as complete by then. A batch is still here when its last record ends.</param>
    public void End(PackedOutcomes outcomes, Action<T, int, RecordResult> end)
    {
        foreach (var outcome in outcomes)
        {
            if (Find(outcome.Index) is not { } batch || !batch.TryEnd(outcome.Index - batch.First))
                continue;
            end(batch, (int)(outcome.Index - batch.First), outcome.Result);
            if (batch.IsSettled)
                Remove(batch);
        }
    }

    /// <summary>Takes out batches, and ends their records.</summary>
    public void EndAll(Func<T, bool> isMeant, List<ForwardedOutcome> ends, RecordStatus status, string code, string message)
    {
        foreach (var batch in All.Where(isMeant).ToList())
        {
            Remove(batch);
            batch.EndAll(ends, status, code, message);
        }
    }

    public void Remove(T batch)
    {
        _batches.Remove(batch.First);
        _found = null;
    }

    public void Clear()
    {
        _batches.Clear();
        _found = null;
    }

    private T? Find(long record)
    {
        if (_found is not null && record >= _found.First && record < _found.End)
            return _found;
        var (low, high) = (0, _batches.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var batch = _batches.GetValueAtIndex(middle);
            if (record < batch.First)
                high = middle - 1;
            else if (record >= batch.End)
                low = middle + 1;
            else
                return _found = batch;
        }

        return null;
    }
}
