namespace Orleans.Kpl.Pipeline.Tests.Maps.Following;

/// <summary>
/// Readings of the map that are answered when the stream has ended. Nobody would retire the engines that they bring: a record put at the same time
/// would wait there for its time-to-live.
/// </summary>
public sealed class LateReadingTests
{
    [Theory]
    [InlineData(RecordErrorCodes.ResourceNotFound, 1)]
    [InlineData("AccessDeniedException", 0)]
    public async Task Failure_AfterTheEnd_BringsNoEngineThatTakesRecords(string code, int maps)
    {
        var answer = new TaskCompletionSource();
        await using var harness = new PipelineHarness(shards: 2);
        harness.Kinesis.BeforeList = async _ => await (harness.Kinesis.Listings > maps ? answer.Task : Task.CompletedTask);
        await harness.EnqueueAsync(PipelineHarness.Record(0));
        await harness.JumpAsync(TimeSpan.FromSeconds(100));
        await harness.EnqueueAsync(PipelineHarness.Record(1));
        await PipelineHarness.SettleAsync();
        var stream = harness.Producer.Find(PipelineHarness.Stream)!;
        Assert.Equal((maps + 1, maps > 0), (harness.Kinesis.Listings, stream.HasMap));

        await harness.DriveAsync(stream.StopAsync(), 50);
        answer.SetException(new KinesisException(KinesisFailureKind.Refused, code, "as the test says", 400));
        await PipelineHarness.SettleAsync();

        Assert.All(stream.Routes.All, static e => Assert.True(e.IsReleased));
    }

    [Fact]
    public void Apply_AfterTheEnd_LeavesTheEnginesThatItReturned()
    {
        using var parts = new StreamParts();
        parts.Topology.Apply(FakeKinesis.Even(2, firstId: 0), keepEngines: false, out _);
        var ended = parts.Topology.End();

        var left = parts.Topology.Apply(FakeKinesis.Even(4, firstId: 2), keepEngines: true, out var routes);

        Assert.Empty(left);
        Assert.Equal(ended, routes.All);
        Assert.Same(parts.Topology.Current, routes);
    }
}
