using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>A shard that was served here, then elsewhere, then here again.</summary>
public sealed class ReturningShardTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task AShard_ThatComesBackAfterItsFormerRecordsTimeToLive_SendsAgain()
    {
        await using var harness = new LinkHarness();
        harness.Pipeline.Shards.Open(FakeKinesis.FirstShard, null);
        // On a machine that stands still for a moment the first may expire.
        await Waiting.UntilAsync(async () =>
            (await harness.Producer.PutAsync(LinkHarness.Stream, new UserRecord("key", new byte[1]), new PutOptions { TimeToLive = TimeToLive })).IsSuccess, "a delivered record");
        await harness.Pipeline.Shards.CloseAsync(FakeKinesis.FirstShard, Task.CompletedTask);
        await Task.Delay(TimeToLive);
        harness.Pipeline.Shards.Open(FakeKinesis.FirstShard, null);
        var second = await (await harness.PutAsync(1)).WaitAsync(Waiting.Long);

        Assert.Equal(RecordStatus.Delivered, second[0].Status);
        Assert.Empty(harness.Link.Records);
    }
}
