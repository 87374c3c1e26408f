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
    public async Task AppendAsync_WhenTheStoreIsDownOrFull_IsNotMade()
    {
        var log = await OpenAsync(_store);
        _store.IsFull = true;
        Assert.True((await Assert.ThrowsAsync<BacklogStoreException>(() => log.AppendAsync(1, Noise(5), Cancelled))).IsFull);
        _store.IsDown = true;
        Assert.False((await Assert.ThrowsAsync<BacklogStoreException>(() => log.AppendAsync(1, Noise(5), Cancelled))).IsFull);
        await Assert.ThrowsAsync<BacklogStoreException>(() => log.ReadAsync(1, Cancelled));
        await Assert.ThrowsAsync<BacklogStoreException>(() => OpenAsync(_store));

        Assert.Empty(_store.SegmentsOf("events"));
        (_store.IsFull, _store.IsDown) = (false, false);
        await log.AppendAsync(1, Noise(5), Cancelled);
        Assert.Equal(1, _store.AppendCount);
    }

    [Fact]
    public async Task AppendAsync_WhenTheAcknowledgementIsLost_IsMadeOnce()
    {
        var log = await OpenAsync(_store);
        _store.LosesAcknowledgements = true;
        await Assert.ThrowsAsync<BacklogStoreException>(() => log.AppendAsync(1, Noise(5), Cancelled));
        Assert.Equal(Noise(5), _store.SegmentsOf("events")[1]);
        _store.LosesAcknowledgements = false;
        await log.AppendAsync(1, Noise(5), Cancelled);

        Assert.Equal(1, _store.AppendCount);
        await Assert.ThrowsAsync<BacklogFencedException>(() => log.AppendAsync(1, Noise(6), Cancelled));
    }

    [Fact]
    public async Task AppendAsync_WhenTheStoreHangs_WaitsForIt()
    {
        var log = await OpenAsync(_store);
        _store.Hang();
        var append = log.AppendAsync(1, Noise(5), Cancelled);
        Assert.False(append.IsCompleted);
        Assert.Empty(_store.SegmentsOf("events"));
        _store.Release();
        await append;
        Assert.Single(_store.SegmentsOf("events"));
    }

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
