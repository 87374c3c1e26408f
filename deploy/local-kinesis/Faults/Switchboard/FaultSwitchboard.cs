namespace Orleans.Kpl.LocalKinesis.Faults.Switchboard;

/// <summary>The faults that are on. Without any, calls pay one read of a field for it.</summary>
public sealed class FaultSwitchboard
{
    private readonly Lock _lock = new();
    private readonly EndpointClock _clock;
    private readonly int _seed;
    private volatile ArmedFault[] _armed = [];
    private TaskCompletionSource _nextAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _lastId;

    internal FaultSwitchboard(EndpointClock clock, int seed) => (_clock, _seed) = (clock, seed);

    /// <summary>The faults that are on, in the order they were added, with what they did.</summary>
    public IReadOnlyList<ActiveFault> Active =>
        [.. _armed.Where(armed => !armed.IsOver(_clock.NowTicks)).Select(armed => armed.Snapshot())];

    /// <summary>Turns a fault on and returns its id.</summary>
    /// <exception cref="ArgumentException">Its settings are wrong; the message names all of them.</exception>
    public int Add(Fault fault)
    {
        var errors = fault.Errors().ToList();
        if (errors.Count > 0) throw new ArgumentException(string.Join("; ", errors), nameof(fault));
        lock (_lock)
        {
            var id = ++_lastId;
            _armed = [.. _armed.Where(armed => !armed.IsOver(_clock.NowTicks)), new(id, fault, _seed, _clock.NowTicks)];
            return id;
        }
    }

    /// <summary>Turns a fault off; false when it is not on.</summary>
    public bool Remove(int id)
    {
        lock (_lock)
        {
            var before = _armed.Length;
            _armed = [.. _armed.Where(armed => armed.Id != id)];
            return _armed.Length < before;
        }
    }

    /// <summary>Turns every fault off.</summary>
    public void Clear()
    {
        lock (_lock) _armed = [];
    }

    internal bool IsEmpty => _armed.Length == 0;

    /// <summary>The call-level faults of a stage that hit this call.</summary>
    internal List<Fault> Draw(bool beforeBody, string? operation, string? stream, long bytes)
    {
        var now = _clock.NowTicks;
        if (Array.Exists(_armed, armed => armed.IsOver(now)))
            lock (_lock) _armed = [.. _armed.Where(armed => !armed.IsOver(now))];
        return [.. _armed.Where(armed => armed.Fault is not RecordFault && armed.Fault.ActsBeforeBody == beforeBody
            && armed.Matches(operation, stream, bytes) && armed.TryHit(now)).Select(armed => armed.Fault)];
    }

    /// <summary>The record-level fault that hits a record of this shard, if any.</summary>
    internal RecordFault? DrawRecord(string operation, string stream, long bytes, string shardId) =>
        Array.Find(_armed, armed => armed.Fault is RecordFault fault && (fault.ShardId is null || fault.ShardId == shardId)
            && armed.Matches(operation, stream, bytes) && armed.TryHit(_clock.NowTicks))?.Fault as RecordFault;

    internal bool IsOutage => Array.Exists(_armed, armed => armed.Fault is OutageFault && !armed.IsOver(_clock.NowTicks));

    /// <summary>Ends when the next answer has been sent.</summary>
    internal Task NextAnswerAsync() => Volatile.Read(ref _nextAnswer).Task;

    internal void Answered() =>
        Interlocked.Exchange(ref _nextAnswer, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}

/// <summary>A fault on the switchboard.</summary>
/// <param name="Id">By which it is removed.</param>
/// <param name="Matches">Calls, or records, that it could have hit so far.</param>
/// <param name="Hits">The calls or records that it hit.</param>
public sealed record ActiveFault(int Id, Fault Fault, long Matches, long Hits);

/// <summary>A fault with its counters. The n-th match is hit or not by the seed, the fault's id and n.</summary>
internal sealed class ArmedFault(int id, Fault fault, int seed, long armedAtTicks)
{
    private readonly Lock _lock = new();
    private readonly string? _stream = fault.Stream is { } stream ? StreamStore.NameOf(stream) : null;
    private long _matches;
    private long _hits;

    public int Id => id;

    public Fault Fault => fault;

    public ActiveFault Snapshot()
    {
        lock (_lock) return new(id, fault, _matches, _hits);
    }

    public bool Matches(string? operation, string? stream, long bytes) =>
        (fault.Operation is null || fault.Operation == operation) && (_stream is null || _stream == stream)
        && (fault.OverBytes is not { } least || bytes > least);

    public bool IsOver(long nowTicks) => fault.For is { } span && nowTicks - armedAtTicks >= span.Ticks;

    /// <summary>Counts a match and says whether it is hit.</summary>
    public bool TryHit(long nowTicks)
    {
        if (IsOver(nowTicks)) return false;
        lock (_lock)
        {
            var match = _matches++;
            if (match < fault.After || _hits >= fault.Count || Uniform(match) >= fault.Probability) return false;
            _hits++;
            return true;
        }
    }

    private double Uniform(long match) => (SplitMix.At((ulong)(uint)seed << 32 | (uint)id, match + 1) >> 11) * (1.0 / (1UL << 53));
}
