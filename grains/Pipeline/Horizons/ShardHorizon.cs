using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Horizons;

/// <summary>
/// How much a shard can take in half of a time-to-live, and how much waits for it. More is not accepted, because it would expire.
/// It counts Kinesis records from their closing to their outcome, and callers that were let in and have not added their records yet.
/// On ordered streams, and where each key has an aggregate of its own, it counts what is in open aggregates too.
/// Where callers have identities it also counts those of them that are not under way to Kinesis, and takes few in advance.
/// What a large record took beyond the shard's bucket counts before those that are not under way, until it is earned.
/// Of a shard that another process serves it counts what went there from here: each process has its part of half a time-to-live.
/// </summary>
/// <remarks>
/// Counting needs no lock. The flag that the horizon is reached is written before the counts are read again, and the counts are written before
/// the flag is read. So of two threads, one that fills and one that empties the shard, one sees what the other did, and no caller waits in vain.
/// </remarks>
/// <param name="limits">The limits of the shard; null where nothing limits it.</param>
/// <param name="isOneByOne">Whether one Kinesis record is under way at a time, so that the shard takes one in a round trip at most.</param>
internal sealed class ShardHorizon(StreamHorizon stream, ShardLimits? limits, bool isOneByOne = false)
{
    /// <summary>
    /// A shard of a shared stream takes more records while less than this waits for it, or less than half an aggregate. Records that are under way to Kinesis
    /// do not count. Where nothing waits for a moment, the shard's bucket keeps the tokens of that moment.
    /// </summary>
    private const long SharedTicks = 25 * TimeSpan.TicksPerMillisecond;

    /// <summary>How far an identity that is below its fair share may run ahead.</summary>
    private const long AheadTicks = 50 * TimeSpan.TicksPerMillisecond;

    /// <summary>How many times as much may wait where an identity asks for less than its fair share.</summary>
    private const int RoomBelowFairShare = 8;

    /// <summary>So much may wait for another process, however many processes there are: it keeps the shard busy.</summary>
    private const double LeastElsewhere = TimeSpan.TicksPerSecond;

    private long _bytes;
    private long _records;
    private long _unsentBytes;
    private long _unsentRecords;
    private long _openBytes;
    private long _openRecords;
    private long _ticksElsewhere;
    private long _roundTrip;
    private long _paidAt;
    private double _share = 1;
    private volatile bool _isReached;
    private FairQueue? _queue;
    private IdentityPaces? _paces;
    private Action<long>? _lookAt;

    /// <summary>Whether each record is a Kinesis record of its own, whatever its caller asks for.</summary>
    public bool EachIsAlone { get; init; }

    /// <summary>The share of the shard's rates that is used now: less than 1 while other writers use the shard.</summary>
    public double Share
    {
        set => Volatile.Write(ref _share, value);
    }

    /// <summary>
    /// How long a Kinesis record of the shard is under way, in ticks. Until the shard has taken one, it is what the stream saw last.
    /// </summary>
    public long RoundTrip
    {
        set
        {
            Volatile.Write(ref _roundTrip, value);
            stream.RoundTrip = value;
        }
    }

    /// <summary>The Kinesis records that wait and are not under way to Kinesis, and their bytes.</summary>
    public (long Records, long Bytes) Unsent => (Interlocked.Read(ref _unsentRecords), Interlocked.Read(ref _unsentBytes));

    /// <summary>Returns after how many seconds a bucket with this fill is not below zero any more. Only the level of bytes can fall below zero.</summary>
    public double SecondsToPayOff(double fill) => limits is null ? 0
        : TicksToEarn(Math.Max(0, -fill) * limits.ByteCapacity) / TimeSpan.TicksPerSecond;

    /// <summary>Notes how many bytes the shard's bucket is below zero: until they are earned, the shard sends nothing.</summary>
    public void Owe(double bytes)
    {
        if (limits is null)
            return;
        Interlocked.Exchange(ref _paidAt, stream.Now + (long)TicksToEarn(bytes)); // before the flag is read, as the counts are
        if (_isReached)
            Look();
        else
            LookIfFull();
    }

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

    /// <summary>
    /// Returns the time that the shard takes for a record, in ticks: what <see cref="WentElsewhere"/> counts in, and <see cref="CameBack"/> out.
    /// </summary>
    /// <param name="isAlone">Whether its caller asked for a Kinesis record of its own.</param>
    public long TicksOf(long bytes, bool isAlone) =>
        limits is null ? 0 : (long)Math.Max(bytes / limits.BytesPerTick, isAlone || EachIsAlone ? 1 / limits.RecordsPerTick : 0);

    /// <summary>Counts in records that go to the process that serves the shard.</summary>
    public void WentElsewhere(long ticks)
    {
        Interlocked.Add(ref _ticksElsewhere, ticks);
        LookIfFull();
    }

    /// <summary>Counts out a record whose outcome came from that process, or that is routed again.</summary>
    public void CameBack(long ticks)
    {
        Interlocked.Add(ref _ticksElsewhere, -ticks);
        if (_isReached)
            Look();
    }

    /// <summary>Counts what joined an open aggregate. Called under the engine's lock, followed by <see cref="LookIfFull"/>.</summary>
    public void Join(int bytes, bool opens)
    {
        Volatile.Write(ref _openBytes, _openBytes + bytes);
        if (opens)
            Volatile.Write(ref _openRecords, _openRecords + 1);
    }

    /// <summary>Counts out what joined an open aggregate that closes. Called under the engine's lock, followed by <see cref="Enter"/>.</summary>
    public void Close(long bytes)
    {
        Volatile.Write(ref _openBytes, _openBytes - bytes);
        Volatile.Write(ref _openRecords, _openRecords - 1);
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
    public bool IsFullFor(long ttl) => limits is not null && (_queue is { Count: > 0 } || !HasRoom(ttl));

    /// <summary>Returns how many Kinesis records with that time-to-live need not wait, where they go one by one; else it does not matter how many.</summary>
    public int RoomFor(long ttl) => IsFullFor(ttl) ? 0 : isOneByOne && limits is not null ? RoomOneByOne(ttl) : int.MaxValue;

    /// <summary>Returns how many Kinesis records with that time-to-live may wait together, where they go one by one; else it does not matter.</summary>
    public int MostFor(long ttl) => isOneByOne && limits is not null ? (int)Math.Max(1, ttl / 2.0 / TimeOfEach) : int.MaxValue;

    /// <summary>
    /// Waits in line until the shard can take records with that time-to-live; each identity has its turn. They are then counted in, until
    /// <see cref="Leave"/>.
    /// </summary>
    /// <param name="ttl">The time-to-live, in ticks.</param>
    /// <param name="records">How many Kinesis records they are; 0 where they join aggregates.</param>
    /// <param name="identity">Whose they are; null for nobody's.</param>
    /// <param name="mustFit">Whether records that go one by one wait even for an idle shard where they are more than it takes.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public Task EnterAsync(long ttl, long bytes, int records, string? identity, bool mustFit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var caller = new WaitingCaller(this, ttl, bytes, records, mustFit);
        lock (stream.Lock)
        {
            if (stream.Closed is { } reason)
                return Task.FromException(new ObjectDisposedException(nameof(IKplProducer), reason));
            // An identity that asks for less than its fair share need not wait behind those that ask for more, shard after shard.
            if (stream.IsShared && HasRoom(ttl, RoomBelowFairShare) && TryTakeFairShare(identity, bytes, records))
            {
                Enter(bytes, records);
                return Task.CompletedTask;
            }

            _queue ??= new();
            _queue.Add(caller, identity);
            stream.WaitedFor(this, areWaiting: true);
        }

        Look();
        return caller.WaitAsync(cancellationToken);
    }

    /// <summary>Rejects all callers in line. Called under the lock; their code runs later.</summary>
    public void TurnAway(string reason)
    {
        while (_queue?.First is { } first)
        {
            Remove(first, isServed: true);
            first.TrySetException(new ObjectDisposedException(nameof(IKplProducer), reason));
        }
    }

    /// <summary>Lets callers in while there is room, and notes whether the horizon is reached.</summary>
    private void Look()
    {
        lock (stream.Lock)
        {
            Note(isReached: true);
            Interlocked.MemoryBarrier();
            while (_queue?.First is WaitingCaller served && HasRoom(served.Ttl) && Fits(served))
            {
                Remove(served, isServed: true);
                Count(served.Bytes, served.Records);
                CountUnsent(served.Bytes, served.Records);
                served.TrySetResult();
            }

            if (_queue is not { Count: > 0 } && HasRoom(stream.Ttl))
                Note(isReached: false);
            else if (_queue?.First is WaitingCaller { Ttl: var ttl } && BehindDebt is > 0 and var wait)
                (_lookAt ??= stream.NewAlarm?.Invoke(Look))?.Invoke(stream.Now + (long)(wait - ttl / 2.0));
        }
    }

    /// <summary>How long the shard takes to earn so many bytes, in ticks.</summary>
    private double TicksToEarn(double bytes) => bytes / (limits!.BytesPerTick * Volatile.Read(ref _share));

    /// <summary>How long the shard goes on earning what a large record took, in ticks.</summary>
    private long Owed => Volatile.Read(ref _paidAt) is > 0 and var at ? Math.Max(0, at - stream.Now) : 0;

    /// <summary>How long a record that comes now waits for that and for what is before it, in ticks; 0 where nothing is owed.</summary>
    private double BehindDebt => Owed is > 0 and var owed
        ? owed + TicksToEarn(Volatile.Read(ref _unsentBytes) + Volatile.Read(ref _openBytes)) : 0;

    private void Note(bool isReached)
    {
        if (_isReached == isReached)
            return;
        _isReached = isReached;
        stream.Count(isReached ? 1 : -1);
    }

    /// <summary>The time that a Kinesis record takes where one is under way at a time, in ticks.</summary>
    private double TimeOfEach => Volatile.Read(ref _roundTrip) is > 0 and var own ? own : stream.RoundTrip;

    /// <summary>
    /// Returns how many more Kinesis records the shard takes one by one in half of a time-to-live. All bytes count as if none were earned while a record is
    /// under way: small records may stand before large ones. An idle shard takes one whatever it is.
    /// </summary>
    private int RoomOneByOne(long ttl)
    {
        var records = Volatile.Read(ref _records) + Volatile.Read(ref _openRecords);
        var left = ttl / 2.0 - Owed - TicksToEarn(Volatile.Read(ref _bytes) + Volatile.Read(ref _openBytes));
        return (int)Math.Clamp(left / TimeOfEach - records, records == 0 ? 1 : 0, int.MaxValue);
    }

    private bool Fits(WaitingCaller caller) =>
        !isOneByOne || caller.Records <= Math.Max(1, RoomOneByOne(caller.Ttl))
        || !caller.MustFit && Volatile.Read(ref _records) + Volatile.Read(ref _openRecords) == 0;

    /// <summary>The room in the horizon. Records that have tokens go at once, whatever the time-to-live.</summary>
    /// <remarks>Asked for each user record where order or single keys are kept, otherwise for each Kinesis record.</remarks>
    private bool HasRoom(long ttl, int times = 1)
    {
        var (half, share) = (ttl / 2.0, Volatile.Read(ref _share));
        return Volatile.Read(ref _bytes) + Volatile.Read(ref _openBytes) < Math.Max(limits!.ByteCapacity, limits.BytesPerTick * half * share)
            && Volatile.Read(ref _records) < Math.Max(limits.RecordCapacity, limits.RecordsPerTick * half * share)
            && (!isOneByOne || RoomOneByOne(ttl) > 0)
            && BehindDebt <= Math.Max(0, half)
            && HasRoomElsewhere(half)
            && (!stream.IsShared || HasSharedRoom(Math.Min(half, SharedTicks) * share, times));
    }

    /// <summary>
    /// Whether less waits for the process that serves the shard than this process' part of half a time-to-live, or than fills the shard's bucket. Callers that
    /// were let in, and have not added their records yet, are in the counts of this process.
    /// </summary>
    private bool HasRoomElsewhere(double half)
    {
        var there = Volatile.Read(ref _ticksElsewhere);
        if (there == 0)
            return true;
        var ticks = there + Math.Max(Volatile.Read(ref _bytes) / limits!.BytesPerTick, Volatile.Read(ref _records) / limits.RecordsPerTick);
        return ticks < Math.Max(limits.ByteCapacity / limits.BytesPerTick, Math.Min(half, LeastElsewhere)) || ticks < half / stream.Processes;
    }

    /// <summary>Counts what an identity asks for, if that is less than its fair share. An identity whose callers wait asks for more.</summary>
    private bool TryTakeFairShare(string? identity, long bytes, int records)
    {
        if (_queue?.Contains(identity) == true)
            return false;
        var cost = (long)Math.Max(bytes / limits!.BytesPerTick, records / limits.RecordsPerTick);
        return (_paces ??= new(AheadTicks)).TryTake(identity ?? "", cost, (_queue?.Identities ?? 0) + 1, stream.Now);
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

    /// <summary>Notes that the horizon is reached, if it is.</summary>
    public void LookIfFull()
    {
        if (!_isReached && limits is not null && !HasRoom(stream.Ttl))
            Look();
    }

    private void Remove(QueuedCaller caller, bool isServed)
    {
        _queue!.Remove(caller, isServed);
        if (_queue.Count == 0)
            stream.WaitedFor(this, areWaiting: false);
    }

    private sealed class WaitingCaller(ShardHorizon shard, long ttl, long bytes, int records, bool mustFit) : QueuedCaller(Math.Max(bytes, 1))
    {
        public long Ttl => ttl;

        public long Bytes => bytes;

        public int Records => records;

        public bool MustFit => mustFit;

        protected override void GiveUp(CancellationToken cancellationToken)
        {
            lock (shard.Lock)
            {
                if (Queue is null)
                    return;
                shard.Remove(this, isServed: false);
            }

            TrySetCanceled(cancellationToken);
            shard.Look();
        }
    }

    private Lock Lock => stream.Lock;
}
