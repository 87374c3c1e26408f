using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Road.Outcomes;

public sealed class RecordCompleterTests
{
    [Fact]
    public void Deliver_KeepsBooksAndGivesMemoryBackBeforeACallerHears()
    {
        using var parts = Parts();
        var sink = parts.Route(1);
        var seen = (Delivered: -1L, Records: -1L, Bytes: -1L);
        sink.OnEnded = () => seen = (parts.Ledger.Read().Delivered, parts.ProcessMemory.Records, parts.ProcessMemory.Bytes);

        parts.Completer.Deliver(Take(parts), "shardId-000000000000", "17");

        Assert.Equal((1, 0, 0), seen);
    }

    [Fact]
    public void Deliver_CountsNeighboursOfOneSinkOutTogether_AndEachRecordOnce()
    {
        using var parts = Parts();
        var (first, second) = (parts.NewSink(3), parts.NewSink(2));
        var number = 0;
        foreach (var (sink, index) in new[] { (first, 0), (first, 1), (second, 0), (second, 1), (first, 2) })
            parts.Router.Route(StreamParts.Record(number++, new MemberRef(sink, index)));

        parts.Completer.Deliver(Take(parts), "shardId-000000000000", "17");

        Assert.Equal([2, 1], first.Runs);
        Assert.Equal([2], second.Runs);
        Assert.Equal(0, parts.Barrier.Open);
    }

    /// <summary>It was sent before in another Kinesis record.</summary>
    [Fact]
    public void Deliver_OfARecordWithEarlierAttempts_AmongOthersOfItsSink_TellsItsOwn()
    {
        using var parts = Parts();
        var sink = parts.NewSink(4);
        var history = new AttemptChain().Then(new Attempt { ErrorCode = "Before" });
        for (var index = 0; index < 4; index++)
            parts.Router.Route(StreamParts.Record(index, new MemberRef(sink, index)) with { History = index == 2 ? history : null });

        parts.Completer.Deliver(Take(parts), "shardId-000000000000", "17");

        Assert.Equal([0, 1, 2, 3], sink.Results.OrderBy(static r => r.Key).Select(static r => r.Value.SubSequenceNumber));
        Assert.All(sink.Results, static r => Assert.Equal(r.Key == 2 ? ["Before"] : [], r.Value.Attempts.Select(static a => a.ErrorCode)));
        Assert.Equal([2, 1, 1], sink.Runs);
    }

    [Fact]
    public async Task Deliver_OfRecordsOfTwoFlushes_EndsBoth()
    {
        using var parts = Parts();
        parts.Route(1);
        var before = parts.Barrier.Close();
        parts.Route(2);
        var after = parts.Barrier.Close();
        Assert.False(before.IsCompleted || after.IsCompleted);

        parts.Completer.Deliver(Take(parts), "shardId-000000000000", "17");

        await PipelineHarness.SettleAsync();
        Assert.True(before.IsCompletedSuccessfully && after.IsCompletedSuccessfully);
    }

    private static StreamParts Parts()
    {
        var parts = new StreamParts();
        parts.ShowShards(1);
        return parts;
    }

    private static KinesisRecord Take(StreamParts parts) => Assert.Single(parts.Engine.TakeAll());
}
