using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// One close of a shard that is under way. The shard may be lost meanwhile: then the patience is over, and the engine is paused at once.
/// </summary>
/// <param name="patience">Completes when held records are no longer sent.</param>
internal sealed class ShardClosing(string shardId, Task patience)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ShardEngine? _engine;
    private bool _isLost;
    private bool _isPaused;

    public string ShardId => shardId;

    /// <summary>Completes when held records are no longer sent: in time, or because the shard was lost.</summary>
    public Task Patience => field ??= patience.IsCompleted ? patience : Task.WhenAny(patience, _lost.Task);

    /// <summary>Names the engine that hands over, and pauses it if the shard was lost by now. Returns whether it was.</summary>
    public bool Begin(ShardEngine engine)
    {
        lock (_lock)
        {
            _engine = engine;
            if (_isLost)
                PauseOnce();
            return _isLost;
        }
    }

    /// <summary>Pauses the engine, unless it is paused by this.</summary>
    public void Pause()
    {
        lock (_lock)
            PauseOnce();
    }

    /// <summary>Lets the engine go on, which has handed over.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (_isPaused)
                _engine!.Resume();
            _engine = null;
        }
    }

    /// <summary>Ends the patience because another process serves the shard. Returns the engine, which is paused; null where none is handing over.</summary>
    public ShardEngine? Lose()
    {
        lock (_lock)
        {
            _isLost = true;
            PauseOnce();
            _lost.TrySetResult();
            return _engine;
        }
    }

    private void PauseOnce()
    {
        if (_isPaused || _engine is null)
            return;
        _isPaused = true;
        _engine.Pause();
    }
}
