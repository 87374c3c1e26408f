namespace Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

/// <summary>The store that the other suites and the simulations rest on keeps to the rules of stores.</summary>
public sealed class MemoryBacklogStoreTests : BacklogStoreSuite
{
    private readonly MemoryBacklogStore _store = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected override Task<IBacklogStore> StartAsync() => Task.FromResult<IBacklogStore>(_store);

    private protected override Task<IBacklogStore> TakeOverAsync(IBacklogStore former) => StartAsync();

    private protected override Task<byte[]?> ReadAsideAsync(IBacklogStore store, string place, long number) =>
        Task.FromResult<byte[]?>(_store.SetAside("events")[number]);

    [Fact]
    public async Task OpenAsync_WhenAnotherHadIt_FencesWhateverTheFormerDoes()
    {
        var former = await OpenAsync(_store);
        await former.AppendAsync(1, Noise(5), Cancelled);
        await OpenAsync(_store);

        await Assert.ThrowsAsync<BacklogFencedException>(() => former.RemoveAsync([1], Cancelled));
        await Assert.ThrowsAsync<BacklogFencedException>(() => former.SetAsideAsync(1, Cancelled));
        Assert.Equal([1L], _store.SegmentsOf("events").Keys);
    }
}
