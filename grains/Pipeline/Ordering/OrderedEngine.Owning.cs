using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>Where shards move between processes: what is held goes to the next owner only when nothing is in flight, and all of it before anything newer.</summary>
internal sealed partial class OrderedEngine
{
    private IShardLane? _lane;
    private bool _laneIsOver = true;
    private bool _isHandedOver;
    private bool _lanePassedOn;
    private int _laneAwaits;
    private TaskCompletionSource? _quiet;
    private int _handOvers;

    public override IShardLane? Lane => _lane;

    /// <summary>
    /// Something older of the shard is on its way: from a shard before this one, or from here back into the lane. What was accepted later
    /// stays in the lane.
    /// </summary>
    public bool IsAwaited => Volatile.Read(ref _laneAwaits) > 0 || Volatile.Read(ref _handOvers) > 0;

    /// <summary>From now on what is accepted here for the shard goes by a lane. Called before anything is.</summary>
    public void GoBy(IShardLane? lane) => (_lane, _laneIsOver) = (lane, lane is null);

    /// <summary>The lane is closed, and nothing of it is anywhere else any more.</summary>
    public void LaneIsOver()
    {
        lock (_gate)
            _laneIsOver = true;
        FinishLane();
    }

    /// <summary>The shard is about to go to another process. <see cref="EndHandOver"/> is called as often.</summary>
    public void BeginHandOver() => Interlocked.Increment(ref _handOvers);

    /// <summary>Everything that was held is in the lane, or was given back.</summary>
    public void EndHandOver()
    {
        Interlocked.Decrement(ref _handOvers);
        _lane?.Go();
        Finish();
    }

    /// <summary>Completes when nothing is in flight; the engine is paused.</summary>
    public Task QuietAsync()
    {
        lock (_gate)
        {
            if (_inFlight is null)
                return Task.CompletedTask;
            _quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _quiet.Task;
        }
    }

    /// <summary>
    /// Once nothing of the lane is anywhere else, nor of the lanes before it, what waits in it is handed over. What the engine holds does not wait
    /// for that: it may be other processes', and what those wait for may be what is held there.
    /// </summary>
    private void FinishLane()
    {
        lock (_gate)
        {
            if (!_isHandedOver || !_laneIsOver || _laneAwaits > 0 || _lanePassedOn)
                return;
            _lanePassedOn = true;
        }

        _lane?.PassOn();
        foreach (var successor in _successors)
            successor.LaneBeforeIsOver();
    }

    private void LaneBeforeIsOver()
    {
        lock (_gate)
            _laneAwaits--;
        _lane?.Go();
        FinishLane();
    }

    /// <summary>What was in flight has come to its end, or back. Guarded by the lock.</summary>
    private void Landed()
    {
        _inFlight = null;
        _quiet?.TrySetResult();
        _quiet = null;
    }
}
