using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// What a stream's backlog cannot do with its store at the moment. Operators are told when the first thing fails, and again when everything works.
/// </summary>
internal sealed class StoreTroubles(string stream, IPipelineEvents events)
{
    private readonly Lock _lock = new();
    private readonly string?[] _errors = new string?[Enum.GetValues<StoreTask>().Length];

    /// <summary>Why something fails; null where everything works.</summary>
    public string? Current
    {
        get
        {
            lock (_lock)
                return _errors.FirstOrDefault(static e => e is not null);
        }
    }

    /// <summary>The store did not do that.</summary>
    public void Failed(StoreTask task, string error)
    {
        lock (_lock)
        {
            var isFirst = _errors.All(static e => e is null);
            _errors[(int)task] = error;
            if (!isFirst)
                return;
        }

        events.BacklogDown(stream, error);
    }

    /// <summary>The store did that. Called often; costs nothing while nothing fails.</summary>
    public void Worked(StoreTask task)
    {
        if (Volatile.Read(ref _errors[(int)task]) is null)
            return;
        lock (_lock)
        {
            if (_errors[(int)task] is null)
                return;
            _errors[(int)task] = null;
            if (_errors.Any(static e => e is not null))
                return;
        }

        events.BacklogUp(stream);
    }

    /// <summary>The store takes segments again, and nothing is known against the rest.</summary>
    public void AllWorked()
    {
        foreach (var task in Enum.GetValues<StoreTask>())
            Worked(task);
    }
}

/// <summary>What a stream's backlog asks of its store.</summary>
internal enum StoreTask
{
    Writing,
    Reading,
    MovingAside,
    KeepingDeadLetters,
}
