using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <summary>Large bodies are taken apart a few at a time: hundreds at once would keep everything else out of the thread pool for seconds.</summary>
public sealed class ReadingTurnsTests
{
    [Fact]
    public async Task Enter_OfMoreLargeBodiesThanTurns_WaitsForOneToEnd()
    {
        var turns = new ReadingTurns(2);
        var first = await turns.EnterAsync(ReadingTurns.Large, default);
        await turns.EnterAsync(ReadingTurns.Large, default);
        var third = turns.EnterAsync(ReadingTurns.Large, default).AsTask();
        Assert.False(third.IsCompleted);

        first.Dispose();

        await third.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Enter_OfASmallBody_NeitherWaitsNorEndsATurn()
    {
        var turns = new ReadingTurns(1);
        await turns.EnterAsync(ReadingTurns.Large, default);

        var small = turns.EnterAsync(ReadingTurns.Large - 1, default).AsTask();

        Assert.True(small.IsCompletedSuccessfully);
        (await small).Dispose();
        Assert.False(turns.EnterAsync(ReadingTurns.Large, default).IsCompleted);
    }

    [Fact]
    public async Task Enter_ThatIsCancelled_TakesNoTurn()
    {
        var turns = new ReadingTurns(1);
        var first = await turns.EnterAsync(ReadingTurns.Large, default);
        using var gone = new CancellationTokenSource();
        var cancelled = turns.EnterAsync(ReadingTurns.Large, gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        first.Dispose();

        Assert.True(turns.EnterAsync(ReadingTurns.Large, default).IsCompletedSuccessfully);
    }
}
