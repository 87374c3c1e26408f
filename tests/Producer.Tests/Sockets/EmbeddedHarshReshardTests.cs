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
        await using var bench = new ReshardHarness(kinesis, mode);
        bench.Endpoint.Reshards = ReshardHarness.Apart;
        await bench.StartLoadAsync();

        foreach (var shards in (int[])[16, 3])
        {
            Assert.Equal(OperationState.Done, (await bench.EndOfAsync(await bench.Admin.SetShardCountAsync(Stream, shards))).State);
            Assert.Equal(shards, (await bench.Admin.GetOverviewAsync(Stream)).Shards.Count);
        }

        await bench.AssertUnharmedAsync();
        bench.AssertInOrder();
    }

    /// <summary>Between two steps somebody else splits a shard that was to be split, merged with or left alone.</summary>
    [Fact]
    public async Task SomebodyElseSplits_WhileAnOperationRuns_ItEndsWithAClearStateAndNothingIsLost()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var bench = new ReshardHarness(kinesis);
        bench.Endpoint.Reshards = ReshardHarness.Apart;
        await bench.StartLoadAsync();

        var started = await bench.Admin.SetShardCountAsync(Stream, 10);
        await Waiting.UntilAsync(() => TrySplit(bench.Endpoint));
        var ended = await bench.EndOfAsync(started);

        Assert.NotEqual(OperationState.Running, ended.State);
        Assert.NotEmpty(ended.Events);
        Assert.Null((await bench.Admin.RefreshAsync(Stream)).OperationId);
        var before = bench.Ended;
        await Waiting.UntilAsync(() => bench.Ended > before + 1_000);
        await bench.AssertDeliveredAsync();
    }

    [Fact]
    public async Task TheStreamIsMadeAgain_WhileAnOperationRuns_ItStopsAndRecordsGoOn()
    {
        await using var kinesis = await LocalKinesis.StartAsync(shards: 4);
        await using var bench = new ReshardHarness(kinesis);
        // Slow enough for the stream to go before the operation has ended, however late the test looks.
        bench.Endpoint.Reshards = ReshardHarness.Apart with { CutOverDelay = TimeSpan.FromSeconds(2) };

        var started = await bench.Admin.SetShardCountAsync(Stream, 12);
        await Waiting.UntilAsync(() => bench.Endpoint.Get(Stream).Shards.Count > 5);
        bench.Endpoint.Delete(Stream);
        await Waiting.UntilAsync(() => bench.Endpoint.Find(Stream) is null);
        await bench.Endpoint.CreateStreamAsync(Stream, 2);
        var ended = await bench.EndOfAsync(started);

        Assert.True(ended.State is OperationState.Stopped or OperationState.Failed, string.Join('\n', ended.Events));
        Assert.Equal(2, (await bench.Admin.RefreshAsync(Stream)).Shards.Count);
        bench.Endpoint.Reshards = ReshardHarness.Apart;
        await bench.StartLoadAsync();
        Assert.Equal(OperationState.Done, (await bench.EndOfAsync(await bench.Admin.SetShardCountAsync(Stream, 4))).State);
        await bench.AssertDeliveredAsync();
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
