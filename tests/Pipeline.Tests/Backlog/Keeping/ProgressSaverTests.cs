namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

public sealed class ProgressSaverTests
{
    /// <summary>Nobody awaits a save that the timer begins: what it throws must be told, and must not be the last of the saves.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnDue_WhenTheStoreThrowsAnything_TellsOnceAndSavesWhenItWorksAgain(bool isOfTheStore)
    {
        var (harness, tries, failure) = (new LoneBacklogHarness(), 0, default(Exception));
        harness.Store.Before = (call, _) =>
        {
            if (call.What != StoreCallKind.Save)
                return Task.CompletedTask;
            tries++;
            return failure is null ? Task.CompletedTask : Task.FromException(failure);
        };
        var first = harness.Put("a");
        await harness.PassAsync(100);
        Assert.Equal(RecordStatus.Persisted, (await first).Status);
        failure = isOfTheStore ? new BacklogStoreException("no answer") : new KeyNotFoundException("a defect");
        harness.Deliver();
        await harness.PassAsync(5_000);

        Assert.True(tries > 1);
        Assert.Equal(isOfTheStore ? 0 : 1, harness.Events.Defects.Count);
        Assert.Equal(isOfTheStore ? 1 : 0, harness.Events.Said.Count(static s => s == "backlog down no answer"));
        Assert.NotEmpty(harness.Store.SegmentsOf(LoneBacklogHarness.Stream));

        failure = null;
        await harness.PassAsync(2_000);

        Assert.Empty(harness.Store.SegmentsOf(LoneBacklogHarness.Stream));
        Assert.Null(harness.Backlog.Status.StoreError);
    }
}
