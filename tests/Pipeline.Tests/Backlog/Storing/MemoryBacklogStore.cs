using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

/// <summary>Stores segments in memory, with switches for the failures of a store. Its contents outlive the logs that are opened on it.</summary>
internal sealed class MemoryBacklogStore : IBacklogStore
{
    private readonly ConcurrentDictionary<(string Stream, SegmentLogKind Kind), MemoryLogState> _logs = new();
    private volatile TaskCompletionSource? _hanging;
    private int _reads;
    private int _renewals;
    private int _asked;
    private int _begun;

    /// <summary>Gets or sets how many appends may be under way at once in logs that are opened from now on.</summary>
    public int MaxAppends { get; set; } = 4;

    /// <summary>Gets or sets the largest segment that logs accept.</summary>
    public int MaxSegmentBytes { get; set; } = 12 << 20;

    /// <summary>Gets or sets the segment size that logs recommend.</summary>
    public int TargetSegmentBytes { get; set; } = 256 << 10;

    /// <summary>Gets or sets whether every call fails without doing anything.</summary>
    public bool IsDown { get; set; }

    /// <summary>Gets or sets whether appends fail for want of space.</summary>
    public bool IsFull { get; set; }

    /// <summary>Gets or sets whether writes are made, and then reported as failed.</summary>
    public bool LosesAcknowledgements { get; set; }

    /// <summary>Gets or sets what runs before each call, once the store neither hangs nor is down: it may wait, or throw what its caller hears.</summary>
    public Func<StoreCall, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Gets or sets what runs when a write was made: it may throw what its caller hears instead of an acknowledgement.</summary>
    public Action<StoreCall> After { get; set; } = static _ => { };

    /// <summary>Gets or sets the write units that each log has used.</summary>
    public double WriteUnits { get; set; }

    /// <summary>Gets or sets whether each opening begins a log of records that nobody else has, as for a silo: <see cref="NameOf"/> tells its name.</summary>
    public bool BeginsAnew { get; set; }

    /// <summary>Gets for each log that was let go of whether it was empty.</summary>
    public ConcurrentQueue<bool> LetGo { get; } = [];

    /// <summary>Gets the names of the logs that are over.</summary>
    public ConcurrentQueue<string> Retired { get; } = [];

    /// <summary>Gets the number of appends that were made; each segment number counts once.</summary>
    public int AppendCount => _logs.Values.Sum(static l => l.AppendCount);

    /// <summary>Gets how often segments were read.</summary>
    public int ReadCount => Volatile.Read(ref _reads);

    /// <summary>Gets how often logs were asked to keep what waits in them.</summary>
    public int RenewCount => Volatile.Read(ref _renewals);

    /// <summary>Gets how often it was asked whether it has a log.</summary>
    public int HasCount => Volatile.Read(ref _asked);

    /// <summary>From now on, makes calls wait before they do anything, until <see cref="Release"/>.</summary>
    public void Hang() => _hanging ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends <see cref="Hang"/>.</summary>
    public void Release() => Interlocked.Exchange(ref _hanging, null)?.SetResult();

    /// <summary>Returns the stored segments of a log, by number.</summary>
    public IReadOnlyDictionary<long, byte[]> SegmentsOf(string stream, SegmentLogKind kind = SegmentLogKind.Records) => StateOf(stream, kind).Segments();

    /// <summary>Returns the segments of a log that were set aside, by number.</summary>
    public IReadOnlyDictionary<long, byte[]> SetAside(string stream, SegmentLogKind kind = SegmentLogKind.Records) => StateOf(stream, kind).SetAside();

    /// <summary>Replaces the bytes of a segment.</summary>
    public void Replace(string stream, SegmentLogKind kind, long number, byte[] bytes) => StateOf(stream, kind).Replace(number, bytes);

    /// <summary>Damages the first segment of a log.</summary>
    public void Damage(string stream, SegmentLogKind kind)
    {
        var (number, bytes) = SegmentsOf(stream, kind).MinBy(static s => s.Key);
        Replace(stream, kind, number, bytes[..^1]);
    }

    /// <summary>Has the next such write made without an answer.</summary>
    public void LosesAnswerOf(StoreCallKind what) => After = call =>
    {
        if (call.What != what)
            return;
        After = static _ => { };
        throw new BacklogStoreException("no answer");
    };

    /// <summary>Loses a segment without a trace.</summary>
    public void Lose(string stream, SegmentLogKind kind, long number) => StateOf(stream, kind).Lose(number);

    /// <summary>Returns the name of a log by its place among those that were begun anew.</summary>
    public static string NameOf(int place) => $"log-{place}";

    public async Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        return BeginsAnew ? [] : [.. _logs.Where(static l => !l.Value.IsEmpty).Select(static l => l.Key.Stream).Distinct()];
    }

    public async Task<bool> HasAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        return _logs.ContainsKey((stream, kind));
    }

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        await EnterAsync(new StoreCall(StoreCallKind.Open, stream, kind), cancellationToken).ConfigureAwait(false);
        return TakeOver(BeginsAnew && kind == SegmentLogKind.Records ? NameOf(Interlocked.Increment(ref _begun) - 1) : stream, kind);
    }

    /// <summary>Opens that log: whoever had it can write no more.</summary>
    public ISegmentLog TakeOver(string log, SegmentLogKind kind = SegmentLogKind.Records) => new MemorySegmentLog(this, log, kind, StateOf(log, kind));

    public Task LetGoAsync(ISegmentLog log, bool isEmpty)
    {
        LetGo.Enqueue(isEmpty);
        return _hanging?.Task ?? Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (_hanging is { } hanging)
            await hanging.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (IsDown)
            throw new BacklogStoreException("the store is down");
    }

    internal async Task EnterAsync(StoreCall call, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        await Before(call, cancellationToken).ConfigureAwait(false);
    }

    internal void CountRead() => Interlocked.Increment(ref _reads);

    internal void CountRenewal() => Interlocked.Increment(ref _renewals);

    internal void Acknowledge(StoreCall call)
    {
        After(call);
        if (LosesAcknowledgements)
            throw new BacklogStoreException("the answer of the store was lost");
    }

    private MemoryLogState StateOf(string stream, SegmentLogKind kind) => _logs.GetOrAdd((stream, kind), static _ => new MemoryLogState());
}

/// <summary>A log of a <see cref="MemoryBacklogStore"/>, as one owner has it.</summary>
internal sealed class MemorySegmentLog : ISegmentLog
{
    private readonly MemoryBacklogStore _store;
    private readonly string _name;
    private readonly SegmentLogKind _kind;
    private readonly MemoryLogState _state;
    private readonly int _owner;
    private readonly byte[] _progress;

    public MemorySegmentLog(MemoryBacklogStore store, string name, SegmentLogKind kind, MemoryLogState state)
    {
        (_store, _name, _kind, _state) = (store, name, kind, state);
        MaxAppends = store.MaxAppends;
        MaxSegmentBytes = store.MaxSegmentBytes;
        TargetSegmentBytes = store.TargetSegmentBytes;
        (_owner, Found, NextNumber, _progress) = state.Open();
        SetAside = state.SetAside().Count;
    }

    public int MaxAppends { get; }

    public int MaxSegmentBytes { get; }

    public int TargetSegmentBytes { get; }

    public IReadOnlyList<SegmentEntry> Found { get; }

    public int SetAside { get; }

    public long NextNumber { get; }

    public ReadOnlyMemory<byte> Progress => _progress;

    public double WriteUnits => _store.WriteUnits;

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, NextNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.Length, MaxSegmentBytes, nameof(segment));
        var call = CallOf(StoreCallKind.Append, number);
        await _store.EnterAsync(call, cancellationToken).ConfigureAwait(false);
        if (_store.IsFull)
            throw new BacklogStoreException("the store is full", isFull: true);
        _state.Append(_owner, number, segment.Span);
        _store.Acknowledge(call);
    }

    public async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
    {
        await _store.EnterAsync(CallOf(StoreCallKind.Read, number), cancellationToken).ConfigureAwait(false);
        _store.CountRead();
        return _state.Read(number);
    }

    public async Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
    {
        var call = CallOf(StoreCallKind.Save);
        await _store.EnterAsync(call, cancellationToken).ConfigureAwait(false);
        _state.Save(_owner, progress.Span);
        _store.Acknowledge(call);
    }

    public async Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        var call = CallOf(StoreCallKind.Remove);
        await _store.EnterAsync(call, cancellationToken).ConfigureAwait(false);
        _state.Remove(_owner, numbers);
        _store.Acknowledge(call);
    }

    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        _store.CountRenewal();
    }

    public async Task RetireAsync(CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        _store.Retired.Enqueue(_name);
    }

    public async Task<string> SetAsideAsync(long number, CancellationToken cancellationToken)
    {
        var call = CallOf(StoreCallKind.SetAside, number);
        await _store.EnterAsync(call, cancellationToken).ConfigureAwait(false);
        _state.SetAside(_owner, number);
        _store.Acknowledge(call);
        return $"memory, {number}";
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private StoreCall CallOf(StoreCallKind what, long number = 0) => new(what, _name, _kind, number);
}

/// <summary>A call of a <see cref="MemoryBacklogStore"/>, or of one of its logs.</summary>
/// <param name="Log">The name of the log.</param>
/// <param name="Number">The segment; 0 where the call is about none, or about many.</param>
internal readonly record struct StoreCall(StoreCallKind What, string Log, SegmentLogKind Kind, long Number = 0);

/// <summary>What a call of a store does.</summary>
internal enum StoreCallKind
{
    Open,
    Append,
    Read,
    Save,
    Remove,
    SetAside,
}
