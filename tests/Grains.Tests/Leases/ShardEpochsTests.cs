using Orleans.Kpl.Grains.Leases;
using Orleans.Kpl.Grains.Tests.Owners;

namespace Orleans.Kpl.Grains.Tests.Leases;

/// <summary>How long the next owner of an ordered shard waits for those before it, and for whom.</summary>
public sealed class ShardEpochsTests
{
    /// <summary>A renewal is seen so much later, and time moves by steps.</summary>
    private static readonly TimeSpan Slack = LeaseWatch.LookEvery + 3 * LeaseHarness.Step;

    [Fact]
    public async Task AShardThatWasGivenBack_IsTakenAtOnce()
    {
        await using var bench = new LeaseHarness();
        var (first, second) = (bench.Silo(1), bench.Silo(2));
        await bench.EndAsync(bench.TakeAsync(first));
        Assert.Equal(1, first.Epochs.EpochOf(LeaseHarness.Shard));
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, CancellationToken.None);

        Assert.True(await bench.EndAsync(bench.TakeAsync(second)) <= LeaseHarness.Step);
        Assert.Equal(3, second.Epochs.EpochOf(LeaseHarness.Shard));
    }

    /// <param name="minutes">By so much the wall clock jumps when the owner is lost, and back while the next one waits.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task TheOwnerWasLost_TheNextOneCountsFromItsLastRenewal(int minutes)
    {
        await using var bench = new LeaseHarness();
        var (first, second) = (bench.Silo(1), bench.Silo(2));
        await bench.EndAsync(bench.TakeAsync(first));
        second.Watch();
        // It was renewed after 0, 2, 4 and 6 s.
        await bench.PassAsync(TimeSpan.FromSeconds(6.5));
        await first.StopAsync();
        bench.Time.Jump(TimeSpan.FromMinutes(minutes));
        var since = bench.Now;
        // So long it takes until the loss is noticed.
        await bench.PassAsync(TimeSpan.FromSeconds(3));
        var taking = bench.TakeAsync(second);
        await bench.PassAsync(TimeSpan.FromSeconds(1));
        bench.Time.Jump(TimeSpan.FromMinutes(-minutes));
        await bench.EndAsync(taking);

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout - TimeSpan.FromSeconds(0.5);
        Assert.InRange(bench.Now - since, expected - 3 * LeaseHarness.Step, expected + Slack);
        Assert.Equal(FakeOracle.Silo(2).ToParsableString(), await bench.TextAsync());
    }

    [Fact]
    public async Task AFormerOwnerThatGoesOnRenewing_IsWaitedForForOneLease()
    {
        await using var bench = new LeaseHarness();
        var (first, second) = (bench.Silo(1), bench.Silo(2));
        await bench.EndAsync(bench.TakeAsync(first));
        var took = await bench.EndAsync(bench.TakeAsync(second));

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout;
        Assert.InRange(took, expected - 2 * LeaseHarness.Step, expected + Slack);
    }

    [Fact]
    public async Task AnOwnerThatGivesBackWhileItWaits_IsNotWaitedFor_ThoseBeforeItAre()
    {
        await using var bench = new LeaseHarness();
        var (first, second, third) = (bench.Silo(1), bench.Silo(2), bench.Silo(3));
        await bench.EndAsync(bench.TakeAsync(first));
        second.Watch();
        third.Watch();
        await first.StopAsync();
        var since = bench.Now;
        await bench.PassAsync(TimeSpan.FromSeconds(1));
        using var stop = new CancellationTokenSource();
        var waiting = bench.TakeAsync(second, stop.Token);
        await bench.PassAsync(TimeSpan.FromSeconds(2));
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await second.Epochs.GiveBackAsync(LeaseHarness.Shard, CancellationToken.None);
        await bench.EndAsync(bench.TakeAsync(third));

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout;
        Assert.InRange(bench.Now - since, expected - 3 * LeaseHarness.Step, expected + Slack);
    }

    [Fact]
    public async Task ATakingThatIsCancelledWhileItIsWritten_IsGivenBack()
    {
        await using var bench = new LeaseHarness();
        var (first, second) = (bench.Silo(1), bench.Silo(2));
        var answer = bench.Store.HoldAnswer();
        using var stop = new CancellationTokenSource();
        var taking = bench.TakeAsync(first, stop.Token);
        await bench.PassAsync(LeaseHarness.Step);
        await stop.CancelAsync();
        answer.SetResult();
        await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, CancellationToken.None);

        Assert.Equal(EpochText.Free, await bench.TextAsync());
        Assert.True(await bench.EndAsync(bench.TakeAsync(second)) <= LeaseHarness.Step);
    }

    [Fact]
    public async Task AnOwnerThatIsOvertakenWhileItWaits_NeverBegins()
    {
        await using var bench = new LeaseHarness();
        var (first, second, third) = (bench.Silo(1), bench.Silo(2), bench.Silo(3));
        await bench.EndAsync(bench.TakeAsync(first));
        await first.StopAsync();
        List<ShardKey> lost = [];
        second.Epochs.Lost += lost.Add;
        using var stop = new CancellationTokenSource();
        var overtaken = bench.TakeAsync(second, stop.Token);
        await bench.PassAsync(TimeSpan.FromSeconds(1));
        await bench.EndAsync(bench.TakeAsync(third));
        await bench.PassAsync(TimeSpan.FromSeconds(10));

        Assert.False(overtaken.IsCompleted);
        Assert.Equal([LeaseHarness.Shard], lost);
        Assert.Equal(0, second.Epochs.EpochOf(LeaseHarness.Shard));
        Assert.Equal(FakeOracle.Silo(3).ToParsableString(), await bench.TextAsync());
        await stop.CancelAsync();
    }
}
