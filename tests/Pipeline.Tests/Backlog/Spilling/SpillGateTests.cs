using Orleans.Kpl.Pipeline.Backlog.Spilling;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Spilling;

/// <summary>The memory of records that spill, and of those that were to spill and found the store silent.</summary>
public sealed class SpillGateTests
{
    private const int Limit = 1_000_000;
    private const int Spilled = 10_000_000;

    /// <summary>A store that falls silent again and again would fill memory without end.</summary>
    [Fact]
    public async Task Unspill_AboveTheLimit_NothingMoreSpillsUntilMemoryIsWithinIt()
    {
        var (harness, gate) = await OpenAsync();
        Assert.True(gate.TryReserve(Spilled, 1));
        gate.Unspill(Spilled, 1);
        Assert.Equal(Limit + Spilled, harness.Memory.Bytes);

        Assert.False(gate.TryReserve(Spilled, 1));
        var waiting = gate.ReserveMemoryAsync(Spilled, 1, null, TestContext.Current.CancellationToken).AsTask();
        await harness.PassAsync(2_000);
        Assert.False(waiting.IsCompleted);
        Assert.True(gate.IsOpen);

        harness.Limits.Release(Spilled, 1);
        await harness.PassAsync(50);
        Assert.True(waiting.IsCompletedSuccessfully && await waiting);
        Assert.Equal(Limit, harness.Memory.Bytes);
    }

    /// <summary>A gate that is open, because memory is full.</summary>
    private static async Task<(LoneBacklogHarness Harness, SpillGate Gate)> OpenAsync()
    {
        var harness = new LoneBacklogHarness(static o => (o.HighWaterMode, o.MaxOutstandingBytes) = (HighWaterMode.Spill, Limit));
        await harness.Storage.Logs.Open();
        harness.Limits.Charge(Limit, 1);
        harness.Backlog.Spill!.Look();
        await harness.PassAsync(600);
        Assert.True(harness.Backlog.Spill.IsOpen);
        return (harness, harness.Backlog.Spill);
    }
}
