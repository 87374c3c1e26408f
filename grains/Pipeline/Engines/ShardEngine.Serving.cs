using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Which process serves the shard. Embedded it is this one, until a reshard; in a cluster the shard comes and goes.</summary>
internal sealed partial class ShardEngine
{
    private volatile EngineState _state;
    private TaskCompletionSource? _emptied;

    /// <summary>Whether the shard is served here.</summary>
    public EngineState State => _state;

    /// <summary>The shard is served here, and takes records in.</summary>
    public bool IsOpen => _state == EngineState.Open;

    /// <summary>The shard is served, but not here, or not much longer.</summary>
    public bool IsElsewhere => _state is EngineState.Elsewhere or EngineState.Leaving;

    /// <summary>Nothing is taken in or sent here any more.</summary>
    public bool IsReleased => _state is EngineState.Retired or EngineState.Elsewhere;

    /// <summary>Does something while nothing else comes in and the shard stays open; false when it is not.</summary>
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

    /// <summary>The shard is served here from now on.</summary>
    /// <param name="level">Where its bucket stands; null for a shard that nobody served before.</param>
    /// <param name="owners">Has what waited for the shard.</param>
    public void Open(ShardLevel? level, IShardOwners? owners)
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
            // Under the lock: what waited goes before whatever finds the shard open.
            owners?.Opened(this);
        }
    }

    /// <summary>Another process is about to serve the shard: nothing is taken in any more, what is held leaves as tokens allow.</summary>
    /// <returns>Completes when nothing is held any more, or it was given up.</returns>
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

    /// <summary>The other process serves it now. Returns what was still held, and where the bucket stands.</summary>
    public (List<KinesisRecord> Held, ShardLevel Level) HandOver()
    {
        lock (_lock)
            return (_state == EngineState.Leaving ? Release(EngineState.Elsewhere) : [], _tokens.LevelAt(_clock.Now));
    }

    /// <summary>Other routes are about to replace those that this engine belongs to; then it is retired.</summary>
    public void SucceededBy(Routes former, Routes next) => Succession?.SucceededBy(former, next);

    /// <summary>
    /// Gives the shard up: what was held goes to the engines of the routes in force, where order matters when it can do so in order.
    /// </summary>
    public void StepDown()
    {
        if (Succession is null)
            _services.Reroute(Retire());
        else
            Succession.StepDown();
    }

    /// <summary>Gives the shard up: nothing is taken in or sent any more. Returns everything that was held.</summary>
    public List<KinesisRecord> Retire()
    {
        if (Succession is not null)
            return Succession.Retire();
        lock (_lock)
            return Release(EngineState.Retired);
    }

    /// <summary>
    /// The engine is retired, but holds on to what it has; its <see cref="Succession"/> releases it. Called under the lock.
    /// </summary>
    public void StopTakingIn() => _state = EngineState.Retired;

    /// <summary>Holds nothing from now on. Returns everything that was held. Called under the lock.</summary>
    public List<KinesisRecord> Release(EngineState state)
    {
        _state = state;
        AllowJoining();
        _emptied?.TrySetResult();
        _timer.Cancel(_services.Timers, this);
        return TakeAll();
    }

    /// <summary>Where boundaries cut the shard. Called under the lock.</summary>
    public Boundaries Boundaries => _open.Boundaries;

    /// <summary>Puts Kinesis records of an ordered stream, in their order, before everything that is held. Called under the lock.</summary>
    public void PutInFront(List<KinesisRecord> records)
    {
        Succession!.Sending.PutInFront(records);
        foreach (var record in records)
            _timer.Expect(record.ExpiresAt);
    }

    /// <summary>Sends what may be sent, where the shard is served here. Called under the lock.</summary>
    public void SendDueIfServed()
    {
        if (!IsReleased)
            SendDueAndRearm(_clock.Now);
    }

    /// <summary>Nothing is held any more and nothing will be.</summary>
    private bool IsOver => IsReleased && (Succession is null || Succession.IsOver || _state == EngineState.Elsewhere);
}
