using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// Tracks the tasks that fail in the store of a stream's backlog. Operators are notified when the first task fails, and when everything works again.
/// </summary>
internal sealed class StoreTroubles(string stream, IPipelineEvents events)
{
    private readonly Lock _lock = new();
    private readonly string?[] _errors = new string?[Enum.GetValues<StoreTask>().Length];

    /// <summary>Gets why a task fails; null where everything works.</summary>
    public string? Current
    {
        get
        {
            lock (_lock)
                return _errors.FirstOrDefault(static e => e is not null);
        }
    }

    /// <summary>Notes that the store failed a task.</summary>
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

    /// <summary>Notes that the store completed a task. Called often; costs nothing while nothing fails.</summary>
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
}

/// <summary>The tasks that a stream's backlog requests from its store.</summary>
internal enum StoreTask
{
    Writing,
    Reading,
    MovingAside,
    KeepingDeadLetters,
    SavingProgress,
}
