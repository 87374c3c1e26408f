using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Road.Accepting;

public sealed class RecordAcceptorTests
{
    [Fact]
    public void Accept_OfARecord_CountsItInAndPromisesItsResult()
    {
        using var parts = Parts();
        var accepted = parts.Acceptor.Accept(PipelineHarness.Record(1), default);

        Assert.False(accepted.Delivery.IsCompleted);
        Assert.Equal((1, 1), (parts.Ledger.Read().Accepted, parts.Barrier.Open));
        Assert.NotEqual(0, parts.Engine.Inspect().OpenBytes);
    }

    [Fact]
    public async Task Accept_WhereNoMoreThanAcceptanceIsAskedFor_AnswersAtOnce()
    {
        using var parts = Parts();
        var options = new PutOptions { AckLevel = AckLevel.Accepted };
        var accepted = parts.Acceptor.Accept(PipelineHarness.Record(1), new Offer(options));
        var batch = new BatchOutcome(2);
        parts.Acceptor.Accept(Prepared(2, batch), batch, new Offer(options));
        batch.AllHandedOver();

        Assert.Equal(RecordStatus.Accepted, (await accepted.Delivery).Status);
        Assert.All(await batch.Delivery, r => Assert.Equal(RecordStatus.Accepted, r.Status));
        Assert.Equal((3, 3), (parts.Ledger.Read().InFlight, parts.Barrier.Open));
    }

    [Fact]
    public void Accept_GivesRecordsTheTimeToLiveOfTheirPut_ElseOfTheirStream()
    {
        using var parts = Parts(o => o.RecordTtl = TimeSpan.FromSeconds(20));
        parts.Acceptor.Accept(PipelineHarness.Record(1), default);
        parts.Acceptor.Accept(PipelineHarness.Record(2), new Offer(new PutOptions { TimeToLive = TimeSpan.FromSeconds(3) }));

        var now = parts.Clock.Now;
        Assert.Equal(
            [now + 20 * TimeSpan.TicksPerSecond, now + 3 * TimeSpan.TicksPerSecond],
            parts.Engine.TakeAll().Single().Members.ToArray().Select(m => m.Sink.ExpiresAt));
    }

    private static StreamParts Parts(Action<KplOptions>? configure = null)
    {
        var parts = new StreamParts(configure);
        parts.ShowShards(1);
        return parts;
    }

    private static PreparedBatch Prepared(int count, IBatchOutcomes batch)
    {
        var prepared = new PreparedBatch();
        prepared.Read(PipelineHarness.Records(count), 0, long.MaxValue, batch, hashesKeys: true);
        return prepared;
    }
}
