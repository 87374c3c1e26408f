namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>The horizons of a stream's shards together: whether any of them is reached, and who waits.</summary>
/// <param name="ttl">The time-to-live of records whose put sets none, in ticks.</param>
internal sealed class StreamHorizon(long ttl)
{
    /// <summary>
    /// How long the stream counts as shared after another identity put into it than before. Not less than its record may wait: else the other one would
    /// have filled the shard again before that record has left.
    /// </summary>
    private readonly TimeSpan _sharedFor = TimeSpan.FromTicks(Math.Max(ttl, TimeSpan.TicksPerMinute));

    private readonly HashSet<ShardHorizon> _waitedFor = [];
    private int _reached;
    private string? _lastIdentity;
    private long _sharedAt;
    private volatile bool _isShared;

    /// <summary>Guards what is rare: a horizon that is reached, and the callers in line.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The time-to-live of records whose put sets none, in ticks.</summary>
    public long Ttl => ttl;

    /// <summary>Why no caller may wait any more; null while they may. Guarded by <see cref="Gate"/>.</summary>
    public Exception? Closed { get; private set; }

    /// <summary>Whether the horizon of any shard is reached. All that a record costs while none is.</summary>
    public bool IsReached => Volatile.Read(ref _reached) > 0;

    /// <summary>
    /// Whether several identities put into the stream. What waits for a shard is sent in the order it came: so that one does not wait behind all of
    /// another's, little is let in, and the others wait in line by turns.
    /// </summary>
    public bool IsShared => _isShared;

    /// <summary>Notes whose put it is; null for none. Reads the clock only where it may change something.</summary>
    public void Note(string? identity, TimeProvider time)
    {
        var last = Volatile.Read(ref _lastIdentity);
        if (identity is null || ReferenceEquals(identity, last) || identity == last)
        {
            if (_isShared && time.GetElapsedTime(Interlocked.Read(ref _sharedAt)) >= _sharedFor)
                _isShared = false;
            return;
        }

        Volatile.Write(ref _lastIdentity, identity);
        if (last is null)
            return;
        Interlocked.Exchange(ref _sharedAt, time.GetTimestamp());
        _isShared = true;
    }

    /// <summary>Rejects all callers in line and all later ones.</summary>
    public void Close(Exception reason)
    {
        lock (Gate)
        {
            Closed = reason;
            foreach (var shard in _waitedFor.ToArray())
                shard.TurnAway(reason);
        }
    }

    /// <summary>Counts a shard whose horizon is reached, or is not any more. Called under the gate.</summary>
    public void Count(int change) => Interlocked.Add(ref _reached, change);

    /// <summary>Notes whether callers wait for a shard. Called under the gate.</summary>
    public void WaitedFor(ShardHorizon shard, bool areWaiting)
    {
        if (areWaiting)
            _waitedFor.Add(shard);
        else
            _waitedFor.Remove(shard);
    }
}
