using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

public sealed class ProgressSaverTests
{
    /// <summary>Nobody awaits a save that the timer begins: what it throws must be told, and must not be the last of the saves.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnDue_WhenTheStoreThrowsAnything_TellsOnceAndSavesWhenItWorksAgain(bool isOfTheStore)
    {
        var store = new SavingStore();
        var harness = new LoneBacklogHarness(wrap: s => store.Over(s));
        var first = harness.Put("a");
        await harness.PassAsync(100);
        Assert.Equal(RecordStatus.Persisted, (await first).Status);
        store.Failure = isOfTheStore ? new BacklogStoreException("no answer") : new KeyNotFoundException("a defect");
        harness.Deliver();
        await harness.PassAsync(5_000);

        Assert.True(store.Tries > 1);
        Assert.Equal(isOfTheStore ? 0 : 1, harness.Events.Defects.Count);
        Assert.Equal(isOfTheStore ? 1 : 0, harness.Events.Said.Count(static s => s == "backlog down no answer"));
        Assert.NotEmpty(harness.Store.SegmentsOf(LoneBacklogHarness.Stream));

        store.Failure = null;
        await harness.PassAsync(2_000);

        Assert.Empty(harness.Store.SegmentsOf(LoneBacklogHarness.Stream));
        Assert.Null(harness.Backlog.Status.StoreError);
    }

    /// <summary>A store whose saves of the progress fail.</summary>
    private sealed class SavingStore : IBacklogStore
    {
        private IBacklogStore _store = null!;

        public Exception? Failure { get; set; }

        public int Tries { get; private set; }

        public SavingStore Over(IBacklogStore store)
        {
            _store = store;
            return this;
        }

        public Task<IReadOnlyList<string>> ListStreamsAsync(CancellationToken cancellationToken) => _store.ListStreamsAsync(cancellationToken);

        public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken) =>
            new Log(this, await _store.OpenAsync(stream, kind, cancellationToken));

        public ValueTask DisposeAsync() => _store.DisposeAsync();

        private sealed class Log(SavingStore store, ISegmentLog log) : ISegmentLog
        {
            public int MaxAppends => log.MaxAppends;

            public int MaxSegmentBytes => log.MaxSegmentBytes;

            public int TargetSegmentBytes => log.TargetSegmentBytes;

            public IReadOnlyList<SegmentEntry> Found => log.Found;

            public long NextNumber => log.NextNumber;

            public ReadOnlyMemory<byte> Progress => log.Progress;

            public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken) =>
                log.AppendAsync(number, segment, cancellationToken);

            public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) => log.ReadAsync(number, cancellationToken);

            public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
            {
                store.Tries++;
                return store.Failure is { } failure ? Task.FromException(failure) : log.SaveProgressAsync(progress, cancellationToken);
            }

            public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => log.RemoveAsync(numbers, cancellationToken);

            public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => log.SetAsideAsync(number, cancellationToken);

            public ValueTask DisposeAsync() => log.DisposeAsync();
        }
    }
}
