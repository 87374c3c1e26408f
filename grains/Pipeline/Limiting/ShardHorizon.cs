namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>
/// How much a shard can take in half of a time-to-live, and how much waits for it. More is not accepted, because it would expire.
/// It counts Kinesis records from their closing to their outcome, and callers that were let in and have not added their records yet.
/// Where callers have identities it also counts those of them that are not under way to Kinesis, and takes few in advance.
/// </summary>
/// <remarks>
/// Counting needs no lock. The flag that the horizon is reached is written before the counts are read again, and the counts are written before
/// the flag is read. So of two threads, one that fills and one that empties the shard, one sees what the other did, and no caller waits in vain.
/// </remarks>
/// <param name="stream">The horizons of the stream.</param>
/// <param name="limits">The limits of the shard; null where nothing limits it.</param>
internal sealed class ShardHorizon(StreamHorizon stream, ShardLimits? limits)
{
    /// <summary>
    /// A shard of a shared stream takes more records while less than this waits for it, or less than half an aggregate. Records that are under way to Kinesis
    /// do not count. Where nothing waits for a moment, the shard's bucket keeps the tokens of that moment.
    /// </summary>
    private const long SharedTicks = 25 * TimeSpan.TicksPerMillisecond;

    /// <summary>How far an identity that is below its part may run ahead.</summary>
    private const long AheadTicks = 50 * TimeSpan.TicksPerMillisecond;

    /// <summary>How many times as much may wait where an identity asks for less than its part.</summary>
    private const int RoomBelowPart = 8;

    private long _bytes;
    private long _records;
    private long _unsentBytes;
    private long _unsentRecords;
    private double _share = 1;
    private volatile bool _isReached;
    private FairLine<HeldCaller>? _line;
    private IdentityPaces? _paces;

    /// <summary>The share of the shard's rates that is used now: less than 1 while other writers use the shard.</summary>
    public double Share
    {
        set => Volatile.Write(ref _share, value);
    }

    /// <summary>The bytes that wait.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts a Kinesis record in.</summary>
    public void Enter(long bytes, int records = 1)
    {
        if (limits is null)
            return;
        Count(bytes, records);
        CountUnsent(bytes, records);
        LookIfFull();
    }

    /// <summary>Counts a Kinesis record out, or a caller that has added its records.</summary>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="records">How many Kinesis records it is.</param>
    /// <param name="isUnsent">Whether it was not under way to Kinesis.</param>
    public void Leave(long bytes, int records = 1, bool isUnsent = true)
    {
        if (limits is null)
            return;
        Count(-bytes, -records);
        if (isUnsent)
            CountUnsent(-bytes, -records);
        if (_isReached)
            Look();
    }

    /// <summary>Notes that a Kinesis record went on its way to Kinesis, or that it is back and waits for another attempt.</summary>
    public void Moved(long bytes, bool isUnderWay)
    {
        if (limits is null)
            return;
        var sign = isUnderWay ? -1 : 1;
        CountUnsent(sign * bytes, sign);
        if (isUnderWay && _isReached)
            Look();
        else if (!isUnderWay)
            LookIfFull();
    }

    /// <summary>Whether a record with that time-to-live, in ticks, must wait.</summary>
    public bool IsFullFor(long ttl) => limits is not null && (_line is { Count: > 0 } || !HasRoom(ttl));

    /// <summary>
    /// Waits in line until the shard can take records with that time-to-live; each identity has its turn. They are then counted in, until
    /// <see cref="Leave"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public Task EnterAsync(long ttl, long bytes, int records, string? identity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var caller = new HeldCaller(this, ttl, bytes, records);
        lock (stream.Gate)
        {
            if (stream.Closed is { } reason)
                return Task.FromException(reason);
            // Who asks for less than its part need not stand behind those who ask for more, shard after shard.
            if (stream.IsShared && HasRoom(ttl, RoomBelowPart) && TryTakePart(identity, bytes, records))
            {
                Enter(bytes, records);
                return Task.CompletedTask;
            }

            _line ??= new();
            caller.Place = _line.Add(caller, Math.Max(bytes, 1), new LineKey(identity));
            stream.WaitedFor(this, areWaiting: true);
        }

        caller.Watch(cancellationToken);
        Look();
        return caller.Task;
    }

    /// <summary>Rejects all callers in line. Called under the gate; their code runs later.</summary>
    public void TurnAway(Exception reason)
    {
        while (_line?.First is { } first)
        {
            Remove(first, isServed: true);
            first.TrySetException(reason);
        }
    }

    /// <summary>Lets callers in while there is room, and notes whether the horizon is reached.</summary>
    private void Look()
    {
        lock (stream.Gate)
        {
            Note(isReached: true);
            Interlocked.MemoryBarrier();
            while (_line?.First is { } served && HasRoom(served.Ttl))
            {
                Remove(served, isServed: true);
                Count(served.Bytes, served.Records);
                CountUnsent(served.Bytes, served.Records);
                served.TrySetResult();
            }

            if (_line is not { Count: > 0 } && HasRoom(stream.Ttl))
                Note(isReached: false);
        }
    }

    private void Note(bool isReached)
    {
        if (_isReached == isReached)
            return;
        _isReached = isReached;
        stream.Count(isReached ? 1 : -1);
    }

    /// <summary>What the bucket holds goes at once, whatever the time-to-live.</summary>
    /// <remarks>Asked for each Kinesis record, after counts were written with a barrier: reads need none of their own.</remarks>
    private bool HasRoom(long ttl, int times = 1)
    {
        var (half, share) = (ttl / 2.0, Volatile.Read(ref _share));
        return Volatile.Read(ref _bytes) < Math.Max(limits!.ByteCapacity, limits.BytesPerTick * half * share)
            && Volatile.Read(ref _records) < Math.Max(limits.RecordCapacity, limits.RecordsPerTick * half * share)
            && (!stream.IsShared || HasSharedRoom(Math.Min(half, SharedTicks) * share, times));
    }

    /// <summary>Counts what an identity asks for, if that is less than its part. An identity that has callers in line asks for more than its part.</summary>
    private bool TryTakePart(string? identity, long bytes, int records)
    {
        if (_line?.Holds(identity) == true)
            return false;
        var cost = (long)Math.Max(bytes / limits!.BytesPerTick, records / limits.RecordsPerTick);
        return (_paces ??= new(AheadTicks)).TryTake(identity ?? "", cost, (_line?.Identities ?? 0) + 1, stream.Now);
    }

    private bool HasSharedRoom(double time, int times) =>
        Volatile.Read(ref _unsentBytes) < Math.Max(limits!.StartBytes / 2, limits.BytesPerTick * time) * times
        && Volatile.Read(ref _unsentRecords) < Math.Max(1, limits.RecordsPerTick * time) * times;

    private void Count(long bytes, int records)
    {
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _records, records);
    }

    private void CountUnsent(long bytes, int records)
    {
        Interlocked.Add(ref _unsentBytes, bytes);
        Interlocked.Add(ref _unsentRecords, records);
    }

    private void LookIfFull()
    {
        if (!_isReached && !HasRoom(stream.Ttl))
            Look();
    }

    private void Remove(HeldCaller caller, bool isServed)
    {
        if (caller.Place is not { } place)
            return;
        _line!.Remove(place, isServed);
        caller.Place = null;
        if (_line.Count == 0)
            stream.WaitedFor(this, areWaiting: false);
    }

    private sealed class HeldCaller(ShardHorizon shard, long ttl, long bytes, int records)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>Null once let in, rejected or cancelled; guarded by the gate.</summary>
        public FairLine<HeldCaller>.LinePlace? Place { get; set; }

        public long Ttl => ttl;

        public long Bytes => bytes;

        public int Records => records;

        public void Watch(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled)
                return;
            var registration = cancellationToken.UnsafeRegister(static (w, token) => ((HeldCaller)w!).GiveUp(token), this);
            Task.ContinueWith(static (_, r) => ((CancellationTokenRegistration)r!)
                .Dispose(), registration, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        private void GiveUp(CancellationToken token)
        {
            lock (shard.Gate)
            {
                if (Place is null)
                    return;
                shard.Remove(this, isServed: false);
            }

            TrySetCanceled(token);
            shard.Look();
        }
    }

    private Lock Gate => stream.Gate;
}
