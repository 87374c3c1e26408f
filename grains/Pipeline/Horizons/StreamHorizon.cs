namespace Orleans.Kpl.Pipeline.Horizons;

/// <summary>The horizons of a stream's shards together: whether any of them is reached, and who waits.</summary>
/// <param name="ttl">The time-to-live of records whose put sets none, in ticks.</param>
/// <param name="now">The time, in ticks.</param>
/// <param name="processes">How many processes may send records to the owner of a shard that is served elsewhere; null for this one alone.</param>
internal sealed class StreamHorizon(long ttl, Func<long> now, Func<int>? processes = null)
{
    private readonly HashSet<ShardHorizon> _waitedFor = [];
    /// <summary>The assumed round trip until one was seen: long enough for most. The first answer tells better.</summary>
    private const long Unseen = TimeSpan.TicksPerSecond / 4;

    private int _reached;
    private volatile bool _isShared;

    /// <summary>Guards what is rare: a horizon that is reached, and the callers in line.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The time-to-live of records whose put sets none, in ticks.</summary>
    public long Ttl => ttl;

    /// <summary>The time, in ticks.</summary>
    public long Now => now();

    /// <summary>Makes an alarm: it runs the action at the instant that it is set to, and can be set again. Null where no caller waits.</summary>
    public Func<Action, Action<long>>? NewAlarm { get; init; }

    /// <summary>How many processes may send records to the owner of a shard that is served elsewhere.</summary>
    public int Processes => Math.Max(1, processes?.Invoke() ?? 1);

    /// <summary>Why no caller may wait any more; null while they may. Guarded by <see cref="Lock"/>.</summary>
    public string? Closed { get; private set; }

    /// <summary>Whether the horizon of any shard is reached. All that a record costs while none is.</summary>
    public bool IsReached => Volatile.Read(ref _reached) > 0;

    /// <summary>
    /// Whether callers with identities put into the stream. What waits for a shard is sent in the order it came: so that one does not wait behind all of
    /// another's, little is let in, and the others wait in line by turns. It is so from the first one on: what it had put alone would wait before others'.
    /// </summary>
    public bool IsShared => _isShared;

    /// <summary>How long Kinesis records of an ordered stream were under way last, in ticks, whichever their shard: what a new shard begins with.</summary>
    public long RoundTrip
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    } = Unseen;

    /// <summary>Notes whose put it is: null for a caller in the process, empty for one of a front that has no identity.</summary>
    public void Note(string? identity)
    {
        if (!string.IsNullOrEmpty(identity) && !_isShared)
            _isShared = true;
    }

    /// <summary>Rejects all callers in line and all later ones.</summary>
    public void Close(string reason)
    {
        lock (Lock)
        {
            Closed = reason;
            foreach (var shard in _waitedFor.ToArray())
                shard.TurnAway(reason);
        }
    }

    /// <summary>Counts a shard whose horizon is reached, or is not any more. Called under the lock.</summary>
    public void Count(int change) => Interlocked.Add(ref _reached, change);

    /// <summary>Notes whether callers wait for a shard. Called under the lock.</summary>
    public void WaitedFor(ShardHorizon shard, bool areWaiting)
    {
        if (areWaiting)
            _waitedFor.Add(shard);
        else
            _waitedFor.Remove(shard);
    }
}
