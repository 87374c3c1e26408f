using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Tests.Aggregation;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Accepting;

/// <remarks>Tests <see cref="TimedIntake"/>. The pool is the process', so these run while no other test takes from it.</remarks>
[Collection(nameof(AllocationTests))]
public sealed class RefusedBatchTests
{
    private const int Records = 3_000;
    private const int Rounds = 20;

    /// <summary>Where there is no room, clients come again and again, and each time left hundreds of kilobytes to the garbage collector.</summary>
    [Fact]
    public async Task Batch_ThatIsRefused_LeavesTheMemoryForItsResultsToTheNext()
    {
        await using var harness = TimedIntakeTests.Full(OrderedMode.Off, free: 10);
        var records = PipelineHarness.Records(Records);
        var allocated = new long[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, new PutOptions { AcceptTimeout = TimeSpan.FromSeconds(1) }).AsTask();
            allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
            await Assert.ThrowsAsync<AcceptTimeoutException>(() => harness.DriveAsync(enqueuing));
        }

        Assert.InRange(allocated.Order().ElementAt(Rounds / 2), 0, Records * 10L);
    }
}
