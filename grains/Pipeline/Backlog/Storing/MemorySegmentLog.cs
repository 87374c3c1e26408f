namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>A log of a <see cref="MemoryBacklogStore"/>, as one owner has it.</summary>
internal sealed class MemorySegmentLog : ISegmentLog
{
    private readonly MemoryBacklogStore _store;
    private readonly MemoryLogState _state;
    private readonly int _owner;
    private readonly byte[] _progress;

    public MemorySegmentLog(MemoryBacklogStore store, MemoryLogState state)
    {
        (_store, _state) = (store, state);
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

    public async Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, NextNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.Length, MaxSegmentBytes, nameof(segment));
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (_store.IsFull)
            throw new BacklogStoreException("the store is full", isFull: true);
        _state.Append(_owner, number, segment.Span);
        _store.Acknowledge();
    }

    public async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        return _state.Read(number);
    }

    public async Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        _state.Save(_owner, progress.Span);
        _store.Acknowledge();
    }

    public async Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        _state.Remove(_owner, numbers);
        _store.Acknowledge();
    }

    public async Task<string> SetAsideAsync(long number, CancellationToken cancellationToken)
    {
        await _store.EnterAsync(cancellationToken).ConfigureAwait(false);
        _state.SetAside(_owner, number);
        _store.Acknowledge();
        return $"memory, {number}";
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
