using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>
/// Holds back puts for shards that silos found full. While returned records of a shard wait here, its puts wait as well, in line. Then they are let in by
/// portions: a caller in a loop would put in an instant what the shard takes in a minute.
/// </summary>
internal sealed class ClientHorizon : TimerEntry
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The first portion of an interval, in bytes: what a shard takes in a quarter of a second. It grows by a quarter each time, and is halved where records
    /// come back again.
    /// </summary>
    internal const long FirstPortion = 256 << 10, LeastPortion = 16 << 10, MostPortion = 1 << 30;

    /// <summary>
    /// Until so long after a silo took the first message, no more waits for silos than one shard takes in half of the time-to-live. Before records have
    /// come back, the client does not know how much the shards take.
    /// </summary>
    internal static readonly TimeSpan StartTime = TimeSpan.FromSeconds(10);

    /// <summary>A shard is not full any more once nobody had to wait for so many portions.</summary>
    internal const int QuietPortions = 20;

    private readonly TimerQueue _timers;
    private readonly MonotonicClock _clock;
    private readonly bool _isOrdered;
    private readonly Lock _lock = new();
    private volatile ShardGates _gates = new([]);
    private long _startsUntil = long.MaxValue;
    private string? _closed;

    /// <param name="ttl">The stream's time-to-live, in ticks.</param>
    /// <param name="isOrdered">Whether order is kept: once the message that was refused is taken, all puts are let in.</param>
    public ClientHorizon(TimerQueue timers, MonotonicClock clock, long ttl, bool isOrdered)
    {
        (_timers, _clock, _isOrdered) = (timers, clock, isOrdered);
        var free = (long)Math.Clamp(TimeSpan.FromTicks(ttl).TotalSeconds / 2 * (1 << 20), 1 << 20, MostPortion);
        Start = new ShardGate((UInt128.MinValue, UInt128.MaxValue)) { Free = free };
    }

    internal override int Rank => 6;

    /// <summary>The gate of all records, while the stream begins.</summary>
    public ShardGate Start { get; }

    /// <summary>The shards that are full, or were lately.</summary>
    public ShardGates Gates => _gates;

    /// <summary>Records were accepted, and wait for a silo.</summary>
    public void Accepted(long bytes)
    {
        if (Start.IsOpen)
            return;
        lock (_lock)
            Start.Free -= bytes;
    }

    /// <summary>A message came back, or is refused, because its shard is full.</summary>
    public void Add(OutgoingMessage message)
    {
        if (ShardOf(message) is not { } shard)
            return;
        lock (_lock)
        {
            if (_gates.Of(shard) is not { } gate)
                _gates = _gates.With(gate = new ShardGate(shard));
            if (gate.Messages++ == 0)
                (gate.Portion, gate.Free) = (Math.Max(LeastPortion, gate.Portion / 2), Math.Min(0, gate.Free));
            (gate.Ttl, gate.Quiet) = (Math.Max(gate.Ttl, message.Ttl), 0);
        }
    }

    /// <summary>A message was taken by a silo, or has ended.</summary>
    public void Remove(OutgoingMessage message)
    {
        if (!Start.IsOpen && message.Returns == 0)
            MakeRoom(message);
        if (ShardOf(message) is not { } shard)
            return;
        lock (_lock)
        {
            var gate = _gates.Of(shard)!;
            if (--gate.Messages > 0)
                return;
            if (_isOrdered)
            {
                Open(gate);
                return;
            }
        }

        // Portions for another shard may be under way.
        if (HeapIndex < 0)
            _timers.Schedule(this, _clock.Now + Interval.Ticks);
    }

    /// <summary>Lets records in, unless they have to wait.</summary>
    public bool TryEnter(ShardGate gate, long bytes)
    {
        if (gate.IsOpen)
            return true;
        lock (_lock)
        {
            if (gate.IsOpen)
                return true;
            if (gate.Free <= 0 || gate.Line.Count > 0)
            {
                gate.Quiet = 0;
                return false;
            }

            // At the start, records take room once they were accepted: memory may refuse those that are let in.
            if (gate != Start)
                gate.Free -= bytes;
            return true;
        }
    }

    /// <summary>Waits in line until the records are let in.</summary>
    /// <exception cref="ObjectDisposedException">The stream ends.</exception>
    public Task EnterAsync(ShardGate gate, long bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_closed is { } reason)
                return Task.FromException(new ObjectDisposedException(nameof(IKplProducer), reason));
            if (TryEnter(gate, bytes))
                return Task.CompletedTask;
            var caller = new Caller(this, gate, bytes);
            gate.Line.Add(caller, null);
            return caller.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Turns away all who wait.</summary>
    public void Close(string reason)
    {
        lock (_lock)
        {
            _closed = reason;
            foreach (var gate in _gates.All.Append(Start))
                gate.Serve(long.MaxValue, c => c.TrySetException(new ObjectDisposedException(nameof(IKplProducer), reason)));
        }
    }

    internal override void OnDue(long now)
    {
        bool goesOn;
        lock (_lock)
        {
            foreach (var gate in _gates.All.Where(static g => g.Messages == 0))
            {
                gate.Free = gate.Serve(Math.Min(gate.Portion, gate.Free + gate.Portion), static c => c.TrySetResult());
                gate.Portion = Math.Min(MostPortion, gate.Portion + (gate.Portion / 4));
                if (gate.Line.Count == 0 && gate.Quiet++ == QuietPortions)
                    Open(gate);
            }

            goesOn = _gates.All.Any(static g => g.Messages == 0);
        }

        if (goesOn)
            _timers.Schedule(this, now + Interval.Ticks);
    }

    /// <summary>The shard for which a message waits. None where its records must not spill: the silo may have room for others.</summary>
    private static (UInt128 First, UInt128 Last)? ShardOf(OutgoingMessage message) => message.NeverSpills ? null : message.FullShard;

    /// <summary>While the stream begins, a message that was taken makes room for as many bytes.</summary>
    private void MakeRoom(OutgoingMessage message)
    {
        lock (_lock)
        {
            _startsUntil = Math.Min(_startsUntil, _clock.Now + StartTime.Ticks);
            Start.Free += message.DataBytes;
            Start.Serve(Start.Free, static c => c.TrySetResult());
            if (_clock.Now >= _startsUntil)
                Open(Start);
        }
    }

    private void Open(ShardGate gate)
    {
        gate.IsOpen = true;
        gate.Serve(long.MaxValue, static c => c.TrySetResult());
        _gates = _gates.Without(gate);
    }

    private sealed class Caller(ClientHorizon horizon, ShardGate gate, long bytes) : QueuedCaller(Math.Max(1, bytes))
    {
        protected override void GiveUp(CancellationToken cancellationToken)
        {
            lock (horizon._lock)
            {
                if (Queue is null)
                    return;
                gate.Line.Remove(this, isServed: false);
            }

            TrySetCanceled(cancellationToken);
        }
    }
}
