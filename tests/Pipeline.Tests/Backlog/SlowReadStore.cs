using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store whose readings wait while they are held.</summary>
internal sealed class SlowReadStore(IBacklogStore store) : IBacklogStore
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _reading;

    /// <summary>Whether a reading waits.</summary>
    public bool IsReading => Volatile.Read(ref _reading) > 0;

    /// <summary>From now on readings do not wait.</summary>
    public void Release() => _held.TrySetResult();

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => store.ListStreamsAsync(cancellationToken);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        new Log(this, await store.OpenAsync(stream, kind, cancellationToken));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private sealed class Log(SlowReadStore owner, ISegmentLog log) : ISegmentLog
    {
        public int MaxAppends => log.MaxAppends;

        public int MaxSegmentBytes => log.MaxSegmentBytes;

        public int TargetSegmentBytes => log.TargetSegmentBytes;

        public IReadOnlyList<SegmentEntry> Found => log.Found;

        public long NextNumber => log.NextNumber;

        public ReadOnlyMemory<byte> Progress => log.Progress;

        public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
            log.AppendAsync(number, segment, cancellationToken);

        public async Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref owner._reading);
            await owner._held.Task.WaitAsync(cancellationToken);
            return await log.ReadAsync(number, cancellationToken);
        }

        public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
            log.SaveProgressAsync(progress, cancellationToken);

        public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => log.RemoveAsync(numbers, cancellationToken);

        public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => log.SetAsideAsync(number, cancellationToken);

        public ValueTask DisposeAsync() => log.DisposeAsync();
    }
}
