namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

public sealed class ProgressSaverTests
{
    /// <summary>Nobody awaits a save that the timer begins: what it throws must be told, and must not be the last of the saves.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnDue_WhenTheStoreThrowsAnything_TellsOnceAndSavesWhenItWorksAgain(bool isOfTheStore)
    {
        SavingStore store = null!;
        var harness = new LoneBacklogHarness(wrap: s => store = new SavingStore(s));
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
    private sealed class SavingStore(IBacklogStore store) : DelegatingBacklogStore(store)
    {
        public Exception? Failure { get; set; }

        public int Tries { get; private set; }

        protected override ISegmentLog Wrap(ISegmentLog log) => new Log(this, log);

        private sealed class Log(SavingStore store, ISegmentLog log) : DelegatingSegmentLog(log)
        {
            public override Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
            {
                store.Tries++;
                return store.Failure is { } failure ? Task.FromException(failure) : base.SaveProgressAsync(progress, cancellationToken);
            }
        }
    }
}
