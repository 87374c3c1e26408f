using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

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
}
