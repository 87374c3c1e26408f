namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

public sealed class FlushBarrierTests
{
    private const int Many = 20_000;

    private readonly FlushBarrier _barrier = new();
    private readonly List<FlushGeneration> _generations = [];

    /// <summary>
    /// Each flush waited for each one before it that had not ended. A thousand clients that waited for memory had their silo flush as often in a second: while
    /// records took half a minute, that was gigabytes.
    /// </summary>
    [Fact]
    public async Task Close_BehindManyFlushesThatHaveNotEnded_CostsWhatItCostsBehindFew()
    {
        var few = LeastCost();
        for (var i = 0; i < Many; i++)
            CostOfClosing();

        Assert.InRange(LeastCost(), 0, few + 64);

        // The first ends last, and all flushes with it.
        _generations.Reverse();
        var last = _barrier.Close();
        Assert.Equal(_generations.Count, _barrier.Open);
        _generations.ForEach(static g => g.Leave(1));
        await last.WaitAsync(Waiting.Long);
        Assert.Equal(0, _barrier.Open);
    }

    [Fact]
    public async Task Close_EndsOnceAllThatWasBeforeItHasEnded_AndWithoutAnythingNewWithTheFlushBefore()
    {
        Assert.True(_barrier.Close().IsCompletedSuccessfully);
        var (one, first) = (_barrier.Enter(1), _barrier.Close());
        var (two, second) = (_barrier.Enter(2), _barrier.Close());
        var third = _barrier.Close();

        two.Leave(2);
        Assert.False(first.IsCompleted || second.IsCompleted || third.IsCompleted);
        one.Leave(1);

        await Task.WhenAll(first, second, third).WaitAsync(Waiting.Long);
        Assert.Equal(0, _barrier.Open);
    }

    /// <summary>A client whose memory is full flushes once a second: behind one open record each flush left a generation that had no record.</summary>
    [Fact]
    public void Close_WithNothingOpenSinceTheFlushBefore_LeavesNothingBehind()
    {
        _barrier.Enter(1);
        var first = _barrier.Close();
        var empty = _barrier.Enter(1);
        empty.Leave(1);

        Assert.Same(first, _barrier.Close());
        Assert.Same(empty, _barrier.Enter(1));
    }

    /// <summary>Some closings have the queue grow.</summary>
    private long LeastCost() => Enumerable.Range(0, 100).Min(_ => CostOfClosing());

    private long CostOfClosing()
    {
        _generations.Add(_barrier.Enter(1));
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = _barrier.Close();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
