using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store whose logs have used five write units each.</summary>
internal sealed class UnitStore(IBacklogStore store) : IBacklogStore
{
    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => store.ListStreamsAsync(cancellationToken);

    public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        new Log(await store.OpenAsync(stream, kind, cancellationToken));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    private sealed class Log(ISegmentLog log) : ISegmentLog
    {
        public double WriteUnits => 5;

        public int MaxAppends => log.MaxAppends;

        public int MaxSegmentBytes => log.MaxSegmentBytes;

        public int TargetSegmentBytes => log.TargetSegmentBytes;

        public IReadOnlyList<SegmentEntry> Found => log.Found;

        public long NextNumber => log.NextNumber;

        public ReadOnlyMemory<byte> Progress => log.Progress;

        public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
            log.AppendAsync(number, segment, cancellationToken);

        public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) => log.ReadAsync(number, cancellationToken);

        public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
            log.SaveProgressAsync(progress, cancellationToken);

        public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => log.RemoveAsync(numbers, cancellationToken);

        public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => log.SetAsideAsync(number, cancellationToken);

        public ValueTask DisposeAsync() => log.DisposeAsync();
    }
}
