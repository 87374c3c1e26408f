namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <remarks>Tests <see cref="ClientPipeline"/>.</remarks>
public sealed class ClientFlushTests
{
    private const string Arn = $"arn:aws:kinesis:us-east-1:000000000000:stream/{Numbered.Stream}";

    /// <summary>It was over at once, and the records that it was to wait for were not: for a silo both are one stream.</summary>
    [Theory]
    [InlineData(Numbered.Stream, Arn)]
    [InlineData(Arn, Numbered.Stream)]
    public async Task Flush_ByTheOtherSpelling_WaitsForTheRecords(string put, string flushed)
    {
        using var cluster = new FakeCluster(1);
        cluster.Silos[0].EndsAtOnce = false;
        await using var producer = cluster.NewProducer();
        await producer.EnqueueAsync(put, Numbered.Record(1));
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == 1);

        await producer.FlushAsync(flushed, TestContext.Current.CancellationToken).WaitAsync(Numbered.Long);

        Assert.Equal(1, producer.GetLedger(put).Delivered);
    }
}
