using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

public sealed class BacklogFallbackTests
{
    [Theory]
    [InlineData(RecordErrorCodes.Expired, nameof(BacklogUse.Asked), false, true)]
    [InlineData(RecordErrorCodes.Shutdown, nameof(BacklogUse.InNeed), false, true)]
    [InlineData(RecordErrorCodes.Expired, nameof(BacklogUse.None), false, false)]
    [InlineData(RecordErrorCodes.Throttled, nameof(BacklogUse.Asked), false, false)]
    [InlineData(RecordErrorCodes.Expired, nameof(BacklogUse.Asked), true, false)]
    [InlineData(RecordErrorCodes.Shutdown, nameof(BacklogUse.Asked), true, true)]
    public async Task TryKeep_KeepsWhatEndsForWantOfTime_WhereThatIsWantedAndInOrder(string code, string use, bool inOrder, bool isKept)
    {
        var harness = await LoneBacklogHarness.OpenAsync(o => o.Ordered = inOrder ? OrderedMode.PutRecords : OrderedMode.Off);
        var sink = Sink(harness, Enum.Parse<BacklogUse>(use));

        Assert.Equal(isKept, sink.OutcomeRider?.TryKeep(new MemberRef(sink, 0), Content("a"), Reason(code)) == true);

        await harness.PassAsync(50);
        Assert.Equal(isKept, sink.Delivery.IsCompleted);
        Assert.Equal(isKept ? 1 : 0, harness.Ledger.Read().InBacklog);
    }

    /// <summary>Older ones wait; or those of a segment are in memory, which go back there, and may have been accepted later.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryKeep_AtTheStop_KeepsNothingBehindOrBesideWhatASegmentHas_WhereOrderMatters(bool isOlderWaiting)
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => o.Ordered = OrderedMode.PutRecords);
        _ = harness.Put("older");
        await harness.PassAsync(50);
        if (isOlderWaiting)
            harness.Fail(RecordErrorCodes.Expired);
        else
            Assert.False(harness.Backlog.State.MustGoBehind);

        harness.Backlog.BeginStop();

        var sink = Sink(harness, isOlderWaiting ? BacklogUse.Asked : BacklogUse.InNeed);
        Assert.False(sink.OutcomeRider!.TryKeep(new MemberRef(sink, 0), Content("a"), Reason(RecordErrorCodes.Shutdown)));
    }

    /// <summary>That one stops, and newer records of this one go on.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task KeepFailed_WhatAnotherProcessEnded_IsNotKeptBehindNewerOnes(bool inOrder, bool isKept)
    {
        var harness = await LoneBacklogHarness.OpenAsync(o => o.Ordered = inOrder ? OrderedMode.PutRecords : OrderedMode.Off);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Shutdown, "stopped", new UserRecord("a", new byte[] { 1 }));

        var left = harness.Backlog.Fallback.KeepFailed([new ForwardedOutcome(new MemberRef(Sink(harness, BacklogUse.InNeed), 0), 1, result)]).Length;

        Assert.Equal(isKept ? 0 : 1, left);
    }

    /// <summary>A record that another process ended was told as Expired, as if there were no backlog.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KeepFailed_WhereTheStoreIsFull_SaysSo_ToWhoAskedForIt(bool inOrder)
    {
        var harness = await FullAsync(inOrder);
        var result = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "too late", new UserRecord("a", new byte[] { 1 }));
        ForwardedOutcome[] ends =
        [
            .. new[] { BacklogUse.InNeed, BacklogUse.Asked }.Select(use => new ForwardedOutcome(new MemberRef(Sink(harness, use), 0), 1, result)),
        ];

        var told = harness.Backlog.Fallback.KeepFailed(ends);

        Assert.Equal([RecordErrorCodes.Expired, RecordErrorCodes.BacklogFull], told.ToArray().Select(static e => e.Result.ErrorCode));
        Assert.Contains("too late", told[1].Result.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_WhereTheStoreIsFull_SaysSo_ToWhoAskedForIt()
    {
        var harness = await FullAsync(inOrder: false);
        var reason = Reason(RecordErrorCodes.Expired);

        Assert.Equal(RecordErrorCodes.BacklogFull, Sink(harness, BacklogUse.Asked).OutcomeRider!.Explain(reason).Code);
        Assert.Same(reason, Sink(harness, BacklogUse.InNeed).OutcomeRider!.Explain(reason));
    }

    private static async Task<LoneBacklogHarness> FullAsync(bool inOrder)
    {
        var harness = await LoneBacklogHarness.OpenAsync(o => o.Ordered = inOrder ? OrderedMode.PutRecords : OrderedMode.Off);
        harness.Store.IsFull = true;
        _ = harness.Put("a");
        await harness.PassAsync(50);
        return harness;
    }

    private static SingleOutcome Sink(LoneBacklogHarness harness, BacklogUse use) =>
        new(new AcceptanceTerms(Entered(), 0, long.MaxValue, Immediate: false, harness.RiderOf(use)));

    private static FailureReason Reason(string code) => FailureReason.For(null, code, "too late", null);

    private static FlushGeneration Entered() => new FlushBarrier().Enter(1);

    private static AggregateMember Content(string key) => new(Encoding.UTF8.GetBytes(key), null, new byte[] { 1 });
}
