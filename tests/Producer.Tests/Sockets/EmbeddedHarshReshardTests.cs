using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>Reshards of our own under load on ordered streams, and while somebody else changes the stream too.</summary>
public sealed class EmbeddedHarshReshardTests
{
    private const string Stream = LocalKinesis.Stream;

    [Theory]
    [InlineData(OrderedMode.PutRecord)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Scale_From4To16To3_OfAnOrderedStream_SendsNothingTwiceAndKeepsTheOrder(OrderedMode mode)
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var harness = new ReshardHarness(kinesis, mode);
        harness.Endpoint.Reshards = ReshardHarness.Apart;
        await harness.StartLoadAsync();

        foreach (var shards in (int[])[16, 3])
        {
            Assert.Equal(OperationState.Done, (await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, shards))).State);
            Assert.Equal(shards, (await harness.Admin.GetOverviewAsync(Stream)).Shards.Count);
        }

        await harness.AssertUnharmedAsync();
        harness.AssertInOrder();
    }

    /// <summary>Between two steps somebody else splits a shard that was to be split, merged with or left alone.</summary>
    [Fact]
    public async Task SomebodyElseSplits_WhileAnOperationRuns_ItEndsWithAClearStateAndNothingIsLost()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var harness = new ReshardHarness(kinesis);
        harness.Endpoint.Reshards = ReshardHarness.Apart;
        await harness.StartLoadAsync();

        var started = await harness.Admin.SetShardCountAsync(Stream, 10);
        await Waiting.UntilAsync(() => TrySplit(harness.Endpoint));
        var ended = await harness.EndOfAsync(started);

        Assert.NotEqual(OperationState.Running, ended.State);
        Assert.NotEmpty(ended.Events);
        Assert.Null((await harness.Admin.RefreshAsync(Stream)).OperationId);
        var before = harness.Ended;
        await Waiting.UntilAsync(() => harness.Ended > before + 1_000);
        await harness.AssertDeliveredAsync();
    }

    [Fact]
    public async Task TheStreamIsMadeAgain_WhileAnOperationRuns_ItStopsAndRecordsGoOn()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var harness = new ReshardHarness(kinesis);
        // Slow enough for the stream to go before the operation has ended, however late the test looks.
        harness.Endpoint.Reshards = ReshardHarness.Apart with { CutOverDelay = TimeSpan.FromSeconds(2) };

        var started = await harness.Admin.SetShardCountAsync(Stream, 12);
        await Waiting.UntilAsync(() => harness.Endpoint.Get(Stream).Shards.Count > 5);
        harness.Endpoint.Delete(Stream);
        await Waiting.UntilAsync(() => harness.Endpoint.Find(Stream) is null);
        await harness.Endpoint.CreateStreamAsync(Stream, 2);
        var ended = await harness.EndOfAsync(started);

        Assert.True(ended.State is OperationState.Stopped or OperationState.Failed, string.Join('\n', ended.Events));
        Assert.Equal(2, (await harness.Admin.RefreshAsync(Stream)).Shards.Count);
        harness.Endpoint.Reshards = ReshardHarness.Apart;
        // For a second after Kinesis did not know the stream, records fail without a further question.
        await Waiting.UntilAsync(async () => await harness.TryPutAsync(LocalKinesis.Record(1_000_000)));
        await harness.StartLoadAsync();
        Assert.Equal(OperationState.Done, (await harness.EndOfAsync(await harness.Admin.SetShardCountAsync(Stream, 4))).State);
        await harness.AssertDeliveredAsync();
    }

    private static bool TrySplit(KinesisEndpoint endpoint)
    {
        var stream = endpoint.Get(Stream);
        if (stream.Shards.Count < 5)
            return false;
        try
        {
            var open = stream.Shards[^1];
            endpoint.Split(Stream, open.ShardId, open.StartingHashKey + ((open.EndingHashKey - open.StartingHashKey) / 3));
            return true;
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("ResourceInUseException", StringComparison.Ordinal) || e.Message.Contains("already been merged or split", StringComparison.Ordinal))
        {
            // A step of the operation is under way.
            return false;
        }
    }
}
