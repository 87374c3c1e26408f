using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// The batches that one process was sent, by the numbers of their records, until each of these has its outcome. The numbers rise, and may have gaps.
/// Guarded by its owner.
/// </summary>
internal sealed class SentBatches<T>
    where T : OutgoingBatch
{
    // By their numbers, which only rise. Those that are taken out leave a hole until it is the first: most go from the front.
    private readonly List<(long First, T? Batch)> _batches = [];
    private int _head;
    // Outcomes come in runs.
    private T? _found;

    public bool IsEmpty => _head == _batches.Count;

    public IEnumerable<T> All
    {
        get
        {
            for (var i = _head; i < _batches.Count; i++)
            {
                if (_batches[i].Batch is { } batch)
                    yield return batch;
            }
        }
    }

    /// <summary>The number after that of the last record that was sent.</summary>
    public long Next { get; private set; }

    /// <summary>The number below which every record has its outcome: whoever took those may forget that it did.</summary>
    public long EndedBefore => IsEmpty ? Next : _batches[_head].First;

    public void Add(T batch)
    {
        _batches.Add((batch.First, batch));
        Next = batch.End;
    }

    public bool Contains(T batch) => Find(batch.First) == batch;

    /// <summary>Ends records by outcomes that came. Those of records that have ended before are left out: outcomes may arrive twice.</summary>
    /// <param name="end">Called with each other one, whose record is marked as complete by then. A batch is still here when its last record ends.</param>
    public void End(PackedOutcomes outcomes, Action<T, int, RecordResult> end)
    {
        foreach (var outcome in outcomes)
        {
            if (Find(outcome.Index) is not { } batch || !batch.TryEnd(outcome.Index - batch.First))
                continue;
            end(batch, (int)(outcome.Index - batch.First), outcome.Result);
            if (batch.HasEnded)
                Remove(batch);
        }
    }

    /// <summary>Takes out batches, and ends their records.</summary>
    public void EndAll(Func<T, bool> isMeant, List<ForwardedOutcome> ends, RecordStatus status, string code, string message)
    {
        for (var i = _head; i < _batches.Count; i++)
        {
            if (_batches[i] is not (var first, { } batch) || !isMeant(batch))
                continue;
            _batches[i] = (first, null);
            batch.EndAll(ends, status, code, message);
        }

        Trim();
    }

    public void Remove(T batch)
    {
        if (IndexOf(batch.First) is var i && i >= _head && _batches[i].Batch == batch)
            _batches[i] = (batch.First, null);
        Trim();
    }

    public void Clear()
    {
        _batches.Clear();
        (_head, _found) = (0, null);
    }

    private T? Find(long record)
    {
        if (_found is not null && record >= _found.First && record < _found.End)
            return _found;
        return IndexOf(record) is var i && i >= _head && _batches[i].Batch is { } batch && record < batch.End ? _found = batch : null;
    }

    /// <summary>Returns where the last batch stands that begins at or before a record; -1 for none.</summary>
    private int IndexOf(long record)
    {
        var (low, high) = (_head, _batches.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_batches[middle].First > record)
                high = middle - 1;
            else
                low = middle + 1;
        }

        return high < _head ? -1 : high;
    }

    /// <summary>Lets the first place be one of a batch that is there, and gives places back now and then.</summary>
    private void Trim()
    {
        _found = null;
        while (_head < _batches.Count && _batches[_head].Batch is null)
            _head++;
        if (_head > 64 && _head * 2 > _batches.Count)
        {
            _batches.RemoveRange(0, _head);
            _head = 0;
        }
    }
}
