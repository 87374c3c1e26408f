namespace Orleans.Kpl.Pipeline.Records;

/// <summary>Manages the flush generations of one stream.</summary>
internal sealed class FlushBarrier
{
    private readonly Lock _lock = new();
    private readonly List<FlushGeneration> _closed = [];
    private FlushGeneration _current = new();

    /// <summary>Counts accepted records into the current generation and returns it.</summary>
    public FlushGeneration Enter(int count)
    {
        while (true)
        {
            var generation = Volatile.Read(ref _current);
            if (generation.TryEnter(count))
                return generation;
        }
    }

    /// <summary>The number of records without an outcome, in all generations.</summary>
    public long Open
    {
        get
        {
            lock (_lock)
                return _current.Open + _closed.Sum(static g => g.Open);
        }
    }

    /// <summary>Closes the current generation; the task completes when it and all earlier ones are empty.</summary>
    public Task Close()
    {
        lock (_lock)
        {
            var closing = _current;
            Volatile.Write(ref _current, new FlushGeneration());
            closing.Close();
            _closed.RemoveAll(static g => g.Drained.IsCompleted);
            if (!closing.Drained.IsCompleted)
                _closed.Add(closing);
            return _closed.Count == 0 ? Task.CompletedTask : Task.WhenAll(_closed.Select(static g => g.Drained));
        }
    }
}
