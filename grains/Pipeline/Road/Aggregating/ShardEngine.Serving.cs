using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// The part of an engine that knows which process serves the shard. Embedded it is this one, until a reshard; in a cluster the shard comes
/// and goes.
/// </summary>
internal sealed partial class ShardEngine
{
    private volatile EngineState _state;
    private TaskCompletionSource? _emptied;

    /// <summary>Whether and how the shard is served here.</summary>
    public EngineState State => _state;

    /// <summary>Whether the shard is served here, and the engine accepts records.</summary>
    public bool IsOpen => _state == EngineState.Open;

    /// <summary>Whether the shard is served, but not here, or not much longer.</summary>
    public bool IsElsewhere => _state is EngineState.Elsewhere or EngineState.Leaving;

    /// <summary>Whether the engine neither accepts nor sends records any more.</summary>
    public bool IsReleased => _state is EngineState.Retired or EngineState.Elsewhere;

    /// <summary>Runs an action under the lock, while no record is accepted and the shard stays open; false when it is not open.</summary>
    public bool WhileOpen(Action act)
    {
        lock (_lock)
        {
            if (_state != EngineState.Open)
                return false;
            act();
            return true;
        }
    }

    /// <summary>Starts to serve the shard here.</summary>
    /// <param name="level">The level of its bucket; null for a shard that nobody served before.</param>
    /// <param name="opened">
    /// Called under the lock: the records that waited for the shard go before those of any caller that finds it open. Null for nobody.
    /// </param>
    public void Open(ShardLevel? level, Action<ShardEngine>? opened)
    {
        lock (_lock)
        {
            if (!IsElsewhere)
                return;
            _state = EngineState.Open;
            AllowJoining();
            _emptied = null;
            if (level is { } from)
                _tokens.StartFrom(from, _clock.Now);
            opened?.Invoke(this);
        }
    }

    /// <summary>Stops accepting records because another process is about to serve the shard. The held records are sent as tokens allow.</summary>
    /// <returns>Completes when nothing is held any more, or the records were released.</returns>
    public Task LeaveAsync()
    {
        lock (_lock)
        {
            if (_state != EngineState.Open)
                return _emptied?.Task ?? Task.CompletedTask;
            _state = EngineState.Leaving;
            AllowJoining();
            _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            FlushNow();
            return _emptied.Task;
        }
    }

    /// <summary>Completes the hand-over to the other process. Returns the records still held, and the level of the bucket.</summary>
    public (List<KinesisRecord> Held, ShardLevel Level) HandOver()
    {
        lock (_lock)
            return (_state == EngineState.Leaving ? Release(EngineState.Elsewhere) : [], _tokens.LevelAt(_clock.Now));
    }

    /// <summary>Called when other routes are about to replace those of this engine, before it is retired.</summary>
    public void SucceededBy(Routes former, Routes next) => Succession?.SucceededBy(former, next);

    /// <summary>
    /// Releases the shard. The held records go to the engines of the routes in force; where order matters, once they can go in order.
    /// </summary>
    public void StepDown()
    {
        if (Succession is null)
            _services.Reroute(Retire());
        else
            Succession.StepDown();
    }

    /// <summary>Releases the shard: nothing is accepted or sent any more. Returns all records that were held.</summary>
    public List<KinesisRecord> Retire()
    {
        if (Succession is not null)
            return Succession.Retire();
        lock (_lock)
            return Release(EngineState.Retired);
    }

    /// <summary>Retires the engine, which keeps its records until its <see cref="Succession"/> releases them. Called under the lock.</summary>
    public void StopTakingIn() => _state = EngineState.Retired;

    /// <summary>Releases and returns all held records, and sets the state. Called under the lock.</summary>
    public List<KinesisRecord> Release(EngineState state)
    {
        _state = state;
        AllowJoining();
        _emptied?.TrySetResult();
        _timer.Cancel(_services.Timers, this);
        return TakeAll();
    }

    /// <summary>The boundaries that cut the shard. Called under the lock.</summary>
    public Boundaries Boundaries => _open.Boundaries;

    /// <inheritdoc cref="Aggregating.Succession.PutInFront"/>
    public void PutInFront(List<KinesisRecord> records)
    {
        Succession!.PutInFront(records);
        foreach (var record in records)
            _timer.Expect(record.ExpiresAt);
    }

    /// <summary>Sends all records that may be sent, if the shard is served here. Called under the lock.</summary>
    public void SendDueIfServed()
    {
        if (!IsReleased)
            SendDueAndRearm(_clock.Now);
    }

    /// <summary>Whether the engine holds nothing and never will again.</summary>
    private bool IsOver => IsReleased && (Succession is null || Succession.IsOver || _state == EngineState.Elsewhere);
}
