namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store that passes every call on to another one, and whose logs are wrapped.</summary>
internal abstract class DelegatingBacklogStore(IBacklogStore store) : IBacklogStore
{
    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => store.ListStreamsAsync(cancellationToken);

    public virtual async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        Wrap(await store.OpenAsync(stream, kind, cancellationToken));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    protected abstract ISegmentLog Wrap(ISegmentLog log);
}

/// <summary>A log that passes every call on to another one.</summary>
internal abstract class DelegatingSegmentLog(ISegmentLog log) : ISegmentLog
{
    public int MaxAppends => log.MaxAppends;

    public int MaxSegmentBytes => log.MaxSegmentBytes;

    public int TargetSegmentBytes => log.TargetSegmentBytes;

    public IReadOnlyList<SegmentEntry> Found => log.Found;

    public int SetAside => log.SetAside;

    public long NextNumber => log.NextNumber;

    public ReadOnlyMemory<byte> Progress => log.Progress;

    public virtual double WriteUnits => log.WriteUnits;

    public virtual Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
        log.AppendAsync(number, segment, cancellationToken);

    public virtual Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) => log.ReadAsync(number, cancellationToken);

    public virtual Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
        log.SaveProgressAsync(progress, cancellationToken);

    public virtual Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => log.RemoveAsync(numbers, cancellationToken);

    public virtual Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => log.SetAsideAsync(number, cancellationToken);

    public ValueTask DisposeAsync() => log.DisposeAsync();
}

/// <summary>A store as a silo sees it: each opening begins a log that nobody else has.</summary>
internal sealed class AnewStore(MemoryBacklogStore store) : IBacklogStore
{
    private int _opened;

    public bool BeginsAnew => true;

    /// <summary>Whether each log was empty that was let go of.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<bool> LetGo { get; } = [];

    /// <summary>Whether no log can be begun.</summary>
    public bool Refuses { get; set; }

    /// <summary>The name of a log, by its place among those that were opened.</summary>
    public static string NameOf(int place) => $"log-{place}";

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        Refuses
            ? Task.FromException<ISegmentLog>(new BacklogStoreException("no log can be begun"))
            : store.OpenAsync(kind == SegmentLogKind.Records ? NameOf(Interlocked.Increment(ref _opened) - 1) : stream, kind, cancellationToken);

    public Task LetGoAsync(ISegmentLog log, bool isEmpty)
    {
        LetGo.Enqueue(isEmpty);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A store whose reads wait until <see cref="Release"/> is called.</summary>
internal sealed class SlowReadStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reading;

    /// <summary>Whether a read has begun.</summary>
    public bool IsReading => Volatile.Read(ref _reading) > 0;

    /// <summary>From now on reads do not wait.</summary>
    public void Release() => _held.TrySetResult();

    protected override ISegmentLog Wrap(ISegmentLog log) => new Log(this, log);

    private sealed class Log(SlowReadStore store, ISegmentLog log) : DelegatingSegmentLog(log)
    {
        public override async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref store._reading);
            await store._held.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(number, cancellationToken);
        }
    }
}

/// <summary>A store that has no room for dead letters, for as long as it says.</summary>
internal sealed class FullOfDeadLettersStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    public bool IsFull { get; set; } = true;

    public override async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
    {
        var log = await base.OpenAsync(stream, kind, cancellationToken);
        return kind == SegmentLogKind.DeadLetters ? new Log(this, log) : log;
    }

    protected override ISegmentLog Wrap(ISegmentLog log) => log;

    private sealed class Log(FullOfDeadLettersStore store, ISegmentLog log) : DelegatingSegmentLog(log)
    {
        public override Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) => store.IsFull
            ? Task.FromException(new BacklogStoreException("there is no room for letters", isFull: true))
            : base.AppendAsync(number, segment, cancellationToken);
    }
}

/// <summary>A store whose logs have used five write units each.</summary>
internal sealed class UnitStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    protected override ISegmentLog Wrap(ISegmentLog log) => new Log(log);

    private sealed class Log(ISegmentLog log) : DelegatingSegmentLog(log)
    {
        public override double WriteUnits => 5;
    }
}

/// <summary>A log whose first segment is damaged, and is moved aside without an answer.</summary>
internal sealed class UnansweredMoveLog(ISegmentLog log) : DelegatingSegmentLog(log)
{
    private bool _isMoved;

    public override async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
    {
        var bytes = await base.ReadAsync(number, cancellationToken);
        return number == Found[0].Number ? bytes?[..^1] : bytes;
    }

    public override async Task<string> SetAsideAsync(long number, CancellationToken cancellationToken)
    {
        var where = await base.SetAsideAsync(number, cancellationToken);
        if (_isMoved)
            return where;
        _isMoved = true;
        throw new BacklogStoreException("no answer");
    }
}

/// <summary>A store with such logs.</summary>
internal sealed class UnansweredMoveStore(IBacklogStore store) : DelegatingBacklogStore(store)
{
    protected override ISegmentLog Wrap(ISegmentLog log) => new UnansweredMoveLog(log);
}
