using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Tests.Road.Promising;

/// <remarks>Tests <see cref="BatchPart"/> too.</remarks>
public sealed class BatchOutcomeTests
{
    /// <summary>The caller was told first: one that put again at once was refused, by a limit that had room a moment later.</summary>
    [Fact]
    public void MembersThatFailed_GiveTheirMemoryBack_BeforeTheirCallerIsTold()
    {
        var memory = new FairMemory(1_000, 10);
        var batch = new WatchedBatch(2, memory);
        var part = batch.NewPart(2, new AcceptanceTerms(new FlushBarrier().Enter(2), 0, 0, Immediate: false));
        Assert.True(memory.TryReserve(300, 2, null));
        batch.AllHandedOver();

        for (var i = 0; i < 2; i++)
        {
            Assert.True(part.TryHoldMemory(memory, 150));
            part.SetResult(i, RecordResult.NotDelivered(RecordStatus.Failed, "x", "y", PipelineHarness.Record(i)));
            part.Leave();
        }

        Assert.True(batch.Delivery.IsCompleted);
        Assert.Equal((0, 0), batch.HeldAtTheEnd);
    }

    private sealed class WatchedBatch(int count, MemoryLimit memory) : BatchOutcome(count)
    {
        public (long Bytes, long Records)? HeldAtTheEnd { get; private set; }

        protected override void OnEnded() => HeldAtTheEnd = (memory.Bytes, memory.Records);
    }
}
