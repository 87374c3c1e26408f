using Orleans.Kpl.Pipeline.Fairness;

namespace Orleans.Kpl.Pipeline.Tests.Road.Limiting;

public sealed class MemoryLimitTests
{
    [Fact]
    public async Task ReserveAsync_ServesInTheOrderOfTheLine()
    {
        var memory = new FairMemory(100, 0);
        Assert.True(memory.TryReserve(100, 1));
        var large = memory.ReserveAsync(90, 1, null, default).AsTask();
        var small = memory.ReserveAsync(10, 1, null, default).AsTask();

        memory.Release(50, 0);
        Assert.False(small.IsCompleted, "who came later went first");
        memory.Release(50, 1);

        await Task.WhenAll(large, small);
        Assert.Equal((100, 2), (memory.Bytes, memory.Records));
    }

    [Fact]
    public void TryReserve_WhileSomebodyStandsInLine_IsRefused()
    {
        var memory = new FairMemory(100, 0);
        Assert.True(memory.TryReserve(60, 1));
        var waiting = memory.ReserveAsync(60, 1, null, default);

        Assert.False(memory.TryReserve(1, 1));
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Cancelled_TheNextInLineIsServed()
    {
        var memory = new FairMemory(100, 0);
        Assert.True(memory.TryReserve(60, 1));
        using var cancel = new CancellationTokenSource();
        var gone = memory.ReserveAsync(60, 1, null, cancel.Token).AsTask();
        var next = memory.ReserveAsync(40, 1, null, default).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await next;
        Assert.Equal((100, 2), (memory.Bytes, memory.Records));
        Assert.False(memory.HasWaiters);
    }

    [Fact]
    public void TryReserve_MoreThanTheWholeRoom_OnlyAlone()
    {
        var memory = new FairMemory(100, 0);
        Assert.True(memory.TryReserve(1, 1));
        Assert.False(memory.TryReserve(500, 1));
        memory.Release(1, 1);

        Assert.True(memory.TryReserve(500, 1));
    }

    [Fact]
    public async Task Close_TurnsAwayTheLineAndAllWhoCome()
    {
        var memory = new FairMemory(100, 1);
        Assert.True(memory.TryReserve(1, 1));
        var waiting = memory.ReserveAsync(1, 1, null, default).AsTask();

        memory.Close("it");

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => memory.ReserveAsync(1, 1, null, default).AsTask());
    }
}
