using Orleans.Kpl.Silos.Leases;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>How long the next owner of an ordered shard waits for those before it, and for whom.</summary>
public sealed class ShardEpochsTests
{
    /// <summary>A renewal is seen so much later, and time moves by steps.</summary>
    private static readonly TimeSpan Slack = LeaseWatch.LookEvery + 3 * LeaseHarness.Step;

    [Fact]
    public async Task AShardThatWasGivenBack_IsTakenAtOnce()
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        Assert.Equal(1, first.Epochs.EpochOf(LeaseHarness.Shard));
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);

        Assert.True(await harness.EndAsync(harness.TakeAsync(second)) <= LeaseHarness.Step);
        Assert.Equal(3, second.Epochs.EpochOf(LeaseHarness.Shard));
    }

    /// <param name="minutes">By so much the wall clock jumps when the owner is lost, and back while the next one waits.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task TheOwnerWasLost_TheNextOneCountsFromItsLastRenewal(int minutes)
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        second.Watch();
        // It was renewed after 0, 2, 4 and 6 s.
        await harness.PassAsync(TimeSpan.FromSeconds(6.5));
        await first.StopAsync();
        harness.Time.Jump(TimeSpan.FromMinutes(minutes));
        var since = harness.Now;
        // So long it takes until the loss is noticed.
        await harness.PassAsync(TimeSpan.FromSeconds(3));
        var taking = harness.TakeAsync(second);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        harness.Time.Jump(TimeSpan.FromMinutes(-minutes));
        await harness.EndAsync(taking);

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout - TimeSpan.FromSeconds(0.5);
        Assert.InRange(harness.Now - since, expected - 3 * LeaseHarness.Step, expected + Slack);
        Assert.Equal(FakeMembership.Silo(2).ToParsableString(), await harness.TextAsync());
    }

    [Fact]
    public async Task AFormerOwnerThatGoesOnRenewing_IsWaitedForForOneLease()
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        var took = await harness.EndAsync(harness.TakeAsync(second));

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout;
        Assert.InRange(took, expected - 2 * LeaseHarness.Step, expected + Slack);
    }

    [Fact]
    public async Task AnOwnerThatGivesBackWhileItWaits_IsNotWaitedFor_ThoseBeforeItAre()
    {
        await using var harness = new LeaseHarness();
        var (first, second, third) = (harness.Silo(1), harness.Silo(2), harness.Silo(3));
        await harness.EndAsync(harness.TakeAsync(first));
        second.Watch();
        third.Watch();
        await first.StopAsync();
        var since = harness.Now;
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        using var stop = new CancellationTokenSource();
        var waiting = harness.TakeAsync(second, stop.Token);
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await second.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);
        await harness.EndAsync(harness.TakeAsync(third));

        var expected = SiloLease.TimeToLive + LeaseHarness.RequestTimeout;
        Assert.InRange(harness.Now - since, expected - 3 * LeaseHarness.Step, expected + Slack);
    }

    /// <summary>Nobody knew that the write had been made: the row went on naming a silo that would never give the shard back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ATakingThatIsCancelled_WhileItIsWrittenOrAfterItsAnswerWasLost_IsGivenBack(bool isLost)
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        var answer = isLost ? null : harness.Store.HoldAnswer();
        if (isLost)
            harness.Store.LoseAnswer();
        using var stop = new CancellationTokenSource();
        var taking = harness.TakeAsync(first, stop.Token);
        await harness.PassAsync(LeaseHarness.Step);
        Assert.Equal(FakeMembership.Silo(1).ToParsableString(), await harness.TextAsync());
        await stop.CancelAsync();
        answer?.SetResult();
        await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(taking.IsCanceled || !isLost);
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);

        Assert.Equal(EpochText.Free, await harness.TextAsync());
        Assert.True(await harness.EndAsync(harness.TakeAsync(second)) <= LeaseHarness.Step);
    }

    /// <summary>It had waited for the former owner, and the answer to the write that says so was lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnOwnerThatHasWaited_AndDoesNotKnowWhetherThatWasWritten_AsksAgain_OrGivesBackAllTheSame(bool isCancelled)
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        await first.StopAsync();
        using var stop = new CancellationTokenSource();
        var taking = harness.TakeAsync(second, stop.Token);
        await harness.PassAsync(LeaseHarness.Step);
        harness.Store.LoseAnswer();
        while (await harness.TextAsync() != FakeMembership.Silo(2).ToParsableString())
            await harness.PassAsync(LeaseHarness.Step);
        if (!isCancelled)
            await harness.EndAsync(taking);
        await stop.CancelAsync();
        Assert.Equal(isCancelled, await Record.ExceptionAsync(() => taking) is OperationCanceledException);
        await second.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);

        Assert.Equal(EpochText.Free, await harness.TextAsync());
    }

    /// <summary>The write was not made, and another silo made one instead: its row is left alone.</summary>
    [Fact]
    public async Task ATakingThatFailed_AndThatAnotherSiloMade_IsNotGivenBack()
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        using var stop = new CancellationTokenSource();
        harness.Store.FailWrite();
        var taking = harness.TakeAsync(first, stop.Token);
        await harness.PassAsync(LeaseHarness.Step);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        await harness.EndAsync(harness.TakeAsync(second));
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);

        Assert.Equal(FakeMembership.Silo(2).ToParsableString(), await harness.TextAsync());
    }

    /// <summary>
    /// It would go on sending for the shard beside its next owner, for as long as it renews: also one that is taken for lost, until it reads that.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFormerOwnerThatLives_HasLetTheShardGo_BeforeTheNextOneBegins(bool isTakenForLost)
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2, lost: isTakenForLost ? 1 : 0));
        await harness.EndAsync(harness.TakeAsync(first));
        List<bool> isHeld = [];
        first.Epochs.Lost = _ =>
        {
            isHeld.Add(first.Lease.IsHeld);
            return Task.CompletedTask;
        };
        await harness.EndAsync(harness.TakeAsync(second));

        Assert.Equal([false], isHeld);
        Assert.Equal(0, first.Epochs.EpochOf(LeaseHarness.Shard));
        Assert.True(first.Lease.IsHeld);
    }

    [Fact]
    public async Task AnOwnerThatIsOvertakenWhileItWaits_NeverBegins()
    {
        await using var harness = new LeaseHarness();
        var (first, second, third) = (harness.Silo(1), harness.Silo(2), harness.Silo(3));
        await harness.EndAsync(harness.TakeAsync(first));
        await first.StopAsync();
        List<ShardKey> lost = [];
        second.Epochs.Lost = shard =>
        {
            lost.Add(shard);
            return Task.CompletedTask;
        };
        using var stop = new CancellationTokenSource();
        var overtaken = harness.TakeAsync(second, stop.Token);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        await harness.EndAsync(harness.TakeAsync(third));
        await harness.PassAsync(TimeSpan.FromSeconds(10));

        Assert.False(overtaken.IsCompleted);
        Assert.Equal([LeaseHarness.Shard], lost);
        Assert.Equal(0, second.Epochs.EpochOf(LeaseHarness.Shard));
        Assert.Equal(FakeMembership.Silo(3).ToParsableString(), await harness.TextAsync());
        await stop.CancelAsync();
    }

    /// <summary>A silo with an older map took the parent that a child's owner had cleared, and sent for it among the records of the child.</summary>
    [Fact]
    public async Task TakeAsync_AShardThatIsMarkedAsClosed_IsNotTakenWhileListingsLag()
    {
        await using var harness = new LeaseHarness();
        var (first, second) = (harness.Silo(1), harness.Silo(2));
        await harness.EndAsync(harness.TakeAsync(first));
        await first.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: true, CancellationToken.None);
        var isListed = true;
        var taking = harness.TakeAsync(second, _ => Task.FromResult(isListed));
        await harness.PassAsync(ClosedShardCheck.ListingLag - TimeSpan.FromSeconds(1));
        isListed = false;
        await harness.PassAsync(TimeSpan.FromSeconds(10));

        Assert.False(taking.IsCompleted);
        Assert.Equal(EpochText.Closed, await harness.TextAsync());
        // The stream was created again: listings go on showing the shard.
        isListed = true;
        var since = harness.Now;
        await harness.EndAsync(taking);
        Assert.InRange(harness.Now - since, ClosedShardCheck.ListingLag, ClosedShardCheck.ListingLag + TimeSpan.FromSeconds(1.5));
    }

    /// <summary>Whatever the store throws, it is no reason to send for a shard whose former owner was not waited for.</summary>
    [Theory]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task TakeAsync_WhateverACallThrows_GoesOnUntilItHasTheShard(Type failure)
    {
        await using var harness = new LeaseHarness();
        var silo = harness.Silo(1);
        harness.Store.FailNext((Exception)Activator.CreateInstance(failure)!);
        var taking = harness.TakeAsync(silo);
        await harness.EndAsync(taking);

        Assert.Equal(1, silo.Epochs.EpochOf(LeaseHarness.Shard));
        Assert.Equal(FakeMembership.Silo(1).ToParsableString(), await harness.TextAsync());
    }

    [Fact]
    public async Task GiveBackAsync_WhateverTheCallThrows_IsOver()
    {
        await using var harness = new LeaseHarness();
        var silo = harness.Silo(1);
        await harness.EndAsync(harness.TakeAsync(silo));
        harness.Store.FailNext(new TimeoutException("no answer"));

        await silo.Epochs.GiveBackAsync(LeaseHarness.Shard, isClosed: false, CancellationToken.None);

        Assert.Equal(0, silo.Epochs.EpochOf(LeaseHarness.Shard));
    }
}
