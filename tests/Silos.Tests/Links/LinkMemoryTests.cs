namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>A stream that closes in a silo and comes back uses no number of a frame or a tenure again, and takes no late copy for a new frame.</summary>
public sealed class LinkMemoryTests
{
    [Fact]
    public void NextRecords_IsAboveAllNumbersThatWereGiven()
    {
        var memory = new LinkMemory();
        Assert.Equal((0L, 70L, 100L), (memory.NextRecords(70), memory.NextRecords(30), memory.NextRecords(1)));
    }

    [Fact]
    public void HasMoved_UntilTheSiloIsGone()
    {
        var memory = new LinkMemory();
        memory.NoteMoved(LinkHarness.There);
        Assert.True(memory.HasMoved(LinkHarness.There));
        memory.Forget(LinkHarness.There);
        Assert.False(memory.HasMoved(LinkHarness.There));
    }

    /// <summary>The owner would take its first frames for copies of former ones, and never tell their outcomes.</summary>
    [Fact]
    public async Task AnOutboxThatBegins_GoesOnWhereTheFormerOneEnded()
    {
        await using var harness = await LinkHarness.StartAsync();
        var memory = new LinkMemory();
        memory.NextRecords(1_000);
        harness.Owner.Outbox = new Outbox(
            harness.Pipeline, LinkHarness.Here, LinkHarness.There, harness.Link, memory, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.True(harness.Owner.Outbox.IsAtRest);
        var put = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count > 0);
        Assert.Equal((1_000, 1_000), (harness.Link.Records[0].First, harness.Link.Records[0].EndedBefore));
        Assert.False(harness.Owner.Outbox.IsAtRest);
        harness.Owner.Outbox.Take(LinkHarness.Delivered([.. harness.Link.Records]));
        Assert.All(await put, static r => Assert.True(r.IsSuccess, r.ToString()));

        harness.Owner.Outbox.OnLost(isStop: true);
        Assert.Equal(1_010, memory.NextRecords(1));
    }
}
