namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>
/// Many processes start in the same moment: ListShards may be called 1,000 times a second for a stream, DescribeStreamSummary 20 times by an
/// account.
/// </summary>
public sealed class StartTogetherTests
{
    private const int Instances = 500;

    [Fact]
    public async Task FiveHundredProducers_WithTheirFirstRecordsAtOnce_KeepTheControlPlanesLimits()
    {
        var time = new FakeTimeProvider();
        var kinesis = new FakeKinesis(4);
        var (listed, described) = (new List<long>(), new List<long>());
        var refused = 0;
        kinesis.BeforeList = _ =>
        {
            lock (listed)
                listed.Add(time.GetTimestamp());
            return default;
        };
        kinesis.Summary = () =>
        {
            lock (described)
            {
                described.Add(time.GetTimestamp());
                if (described.Count(at => at > time.GetTimestamp() - TimeSpan.TicksPerSecond) > 20)
                {
                    refused++;
                    throw new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "Rate exceeded", 400);
                }
            }

            return new("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 1_024, false);
        };

        var producers = Enumerable.Range(1, Instances)
            .Select(seed => new ProducerPipeline(new KplOptions(), kinesis, new RecordingEvents(), time, new Random(seed))).ToList();
        var puts = producers.Select((p, i) => p.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(i)).AsTask()).ToList();
        await PipelineHarness.PassAsync(time, TimeSpan.FromSeconds(1), stepMs: 100);

        // The first records wait for no ration, and the summaries are asked for later.
        Assert.All(puts, put => Assert.True(put is { IsCompletedSuccessfully: true, Result.IsSuccess: true }));
        await PipelineHarness.PassAsync(time, TimeSpan.FromSeconds(89), stepMs: 100);
        Assert.InRange(MostInASecond(listed), Instances, 1_000);
        Assert.True(described.Count >= Instances);
        Assert.InRange(MostInASecond(described), 1, 40);
        Assert.InRange(refused, 0, Instances / 10);
        foreach (var producer in producers)
            await producer.DisposeAsync();
    }

    private static int MostInASecond(List<long> calls) => calls.Max(at => calls.Count(other => other >= at && other < at + TimeSpan.TicksPerSecond));
}
