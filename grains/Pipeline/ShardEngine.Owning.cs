using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline;

/// <summary>Which process serves the shard. Embedded it is this one, always; in a cluster the shard comes and goes.</summary>
internal partial class ShardEngine
{
    private protected volatile EngineState _state;
    private protected TaskCompletionSource? _emptied;

    /// <summary>The shard is served, but not here, or not much longer.</summary>
    public bool IsElsewhere => _state is EngineState.Elsewhere or EngineState.Leaving;

    /// <summary>The way of records accepted here where order matters and shards move between processes; else null.</summary>
    public virtual IShardLane? Lane => null;

    /// <summary>The shard is served here, and takes records in.</summary>
    public bool IsOpen => _state == EngineState.Open;

    /// <summary>Does something while nothing else comes in and the shard stays open; false when it is not.</summary>
    public bool WhileOpen(Action act)
    {
        lock (_gate)
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
        lock (_gate)
        {
            if (_state is not (EngineState.Elsewhere or EngineState.Leaving))
                return;
            _state = EngineState.Open;
            SeeToJoining();
            _emptied = null;
            if (level is { } from)
                _bucket.StartFrom(from, _clock.Now);
            owners?.Opened(this);
        }
    }

    /// <summary>Another process is about to serve the shard: nothing is taken in any more, what is held leaves as tokens allow.</summary>
    /// <returns>Completes when nothing is held any more, or it was given up.</returns>
    public Task LeaveAsync()
    {
        lock (_gate)
        {
            if (_state != EngineState.Open)
                return _emptied?.Task ?? Task.CompletedTask;
            _state = EngineState.Leaving;
            SeeToJoining();
            _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            MakeDue();
            return _emptied.Task;
        }
    }

    /// <summary>The other process serves it now. Returns what was still held, and where the bucket stands.</summary>
    public (List<KinesisRecord> Held, ShardLevel Level) HandOver()
    {
        lock (_gate)
            return (_state == EngineState.Leaving ? GiveUp(EngineState.Elsewhere) : [], _bucket.LevelAt(_clock.Now));
    }

    /// <summary>Records may join the one aggregate there is while the shard is served here and nothing has a say in their order.</summary>
    private void SeeToJoining() => Place.Joins = _state == EngineState.Open && _open.Boundaries.Count == 0 && !_settings.KeepsOrder;

    private protected bool IsGivenUp => _state is EngineState.Retired or EngineState.Elsewhere;

    private bool HoldsNothing
    {
        get
        {
            var holds = _ready.Count > 0 || _retries.OldestAcceptedAt != long.MaxValue;
            foreach (var open in _open.All)
                holds |= !open.IsEmpty;
            return !holds;
        }
    }

    private List<KinesisRecord> GiveUp(EngineState state)
    {
        _state = state;
        SeeToJoining();
        _emptied?.TrySetResult();
        _timers.Cancel(this);
        // As new: with an old expiry left here, a shard that comes back would take the first records for seen to, and never send them.
        (_armedFor, _nextExpiry, _settledUntil) = (long.MaxValue, long.MaxValue, long.MaxValue);
        return TakeAll();
    }

    private protected enum EngineState
    {
        /// <summary>Served here.</summary>
        Open,

        /// <summary>Served by another process, or by none yet. Nothing is held.</summary>
        Elsewhere,

        /// <summary>About to be served by another process: what is held goes on, nothing is taken in.</summary>
        Leaving,

        /// <summary>Given up for good: the map in force has other engines.</summary>
        Retired,
    }
}
