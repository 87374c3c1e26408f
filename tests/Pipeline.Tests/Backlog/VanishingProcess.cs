namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>What one process has of Kinesis and of the store. Once it is gone no call of it does anything, and none returns.</summary>
internal sealed class VanishingProcess(FakeKinesis kinesis, IBacklogStore store) : IBacklogStore
{
    private readonly TaskCompletionSource _never = new();

    public bool IsGone { get; set; }

    public IKinesisGateway Kinesis => kinesis.For(() => IsGone);

    public bool BeginsAnew => store.BeginsAnew;

    public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) =>
        LiveAsync(() => new ValueTask<IReadOnlyList<string>>(store.ListStreamsAsync(cancellationToken))).AsTask();

    public Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
        LiveAsync<ISegmentLog>(async () => new Log(this, await store.OpenAsync(stream, kind, cancellationToken))).AsTask();

    public Task LetGoAsync(ISegmentLog log, bool isEmpty) => LiveAsync(() => store.LetGoAsync(log, isEmpty));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<T> LiveAsync<T>(Func<ValueTask<T>> call)
    {
        if (IsGone)
            await _never.Task;
        var answer = await call();
        if (IsGone)
            await _never.Task;
        return answer;
    }

    private async Task LiveAsync(Func<Task> call) => await LiveAsync(async () =>
    {
        await call();
        return 0;
    });

    private sealed class Log(VanishingProcess process, ISegmentLog log) : ISegmentLog
    {
        public int MaxAppends => log.MaxAppends;

        public int MaxSegmentBytes => log.MaxSegmentBytes;

        public int TargetSegmentBytes => log.TargetSegmentBytes;

        public IReadOnlyList<SegmentEntry> Found => log.Found;

        public int SetAside => log.SetAside;

        public long NextNumber => log.NextNumber;

        public ReadOnlyMemory<byte> Progress => log.Progress;

        public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
            process.LiveAsync(() => log.AppendAsync(number, segment, cancellationToken));

        public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) =>
            process.LiveAsync(() => new ValueTask<byte[]?>(log.ReadAsync(number, cancellationToken))).AsTask();

        public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken) =>
            process.LiveAsync(() => log.SaveProgressAsync(progress, cancellationToken));

        public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
            process.LiveAsync(() => log.RemoveAsync(numbers, cancellationToken));

        public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) =>
            process.LiveAsync(() => new ValueTask<string>(log.SetAsideAsync(number, cancellationToken))).AsTask();

        public ValueTask DisposeAsync() => log.DisposeAsync();
    }
}
