using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Tests.Messages;

/// <remarks>Tests <see cref="OutgoingMessage"/>.</remarks>
public sealed class FailedMessageTests
{
    /// <summary>Each failed record is given back to its caller. To find one, the message's places are parsed: 16 KB for 1,024 records.</summary>
    [Fact]
    public void EndAll_OfAFullMessage_ParsesItOnce()
    {
        var (small, large) = (AllocatedByEnding(256), AllocatedByEnding(1_024));

        Assert.True(large <= small * 6, $"{small} bytes for 256 records, {large} for 1,024: four times as many, not sixteen");
    }

    private static long AllocatedByEnding(int count)
    {
        // Once before: the first time allocates what stays.
        MessageOf(count).EndAll([], RecordStatus.Failed, "Code", "why");
        var message = MessageOf(count);
        var ends = new List<ForwardedOutcome>(count);
        var before = GC.GetAllocatedBytesForCurrentThread();
        message.EndAll(ends, RecordStatus.Failed, "Code", "why");
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(count, ends.Count);
        Assert.All(ends.Index(), static end => Assert.Equal($"key-{end.Index}", end.Item.Result.Record!.Value.PartitionKey));
        return allocated;
    }

    private static OutgoingMessage MessageOf(int count)
    {
        var queue = new MessageQueue();
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushBarrier().Enter(count), 0, TimeSpan.TicksPerMinute, Immediate: false));
        for (var i = 0; i < count; i++)
            queue.Add(Numbered.Incoming(i, sink));
        return queue.Take();
    }
}
