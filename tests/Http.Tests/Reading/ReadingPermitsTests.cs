using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>Large bodies are taken apart a few at a time: hundreds at once would keep everything else out of the thread pool for seconds.</summary>
public sealed class ReadingPermitsTests
{
    [Fact]
    public async Task Enter_OfMoreLargeBodiesThanTurns_WaitsForOneToEnd()
    {
        var permits = new ReadingPermits(2);
        var first = await permits.EnterAsync(ReadingPermits.Large, default);
        await permits.EnterAsync(ReadingPermits.Large, default);
        var third = permits.EnterAsync(ReadingPermits.Large, default).AsTask();
        Assert.False(third.IsCompleted);

        first?.Dispose();

        await third.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Enter_OfASmallBody_NeitherWaitsNorEndsATurn()
    {
        var permits = new ReadingPermits(1);
        await permits.EnterAsync(ReadingPermits.Large, default);

        var small = permits.EnterAsync(ReadingPermits.Large - 1, default).AsTask();

        Assert.True(small.IsCompletedSuccessfully);
        Assert.Null(await small);
        Assert.False(permits.EnterAsync(ReadingPermits.Large, default).IsCompleted);
    }

    [Fact]
    public async Task Enter_ThatIsCancelled_TakesNoTurn()
    {
        var permits = new ReadingPermits(1);
        var first = await permits.EnterAsync(ReadingPermits.Large, default);
        using var gone = new CancellationTokenSource();
        var cancelled = permits.EnterAsync(ReadingPermits.Large, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        first?.Dispose();

        Assert.True(permits.EnterAsync(ReadingPermits.Large, default).IsCompletedSuccessfully);
    }
}
