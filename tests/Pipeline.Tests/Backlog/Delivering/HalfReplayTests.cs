using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Replaying;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

/// <summary>The replay of a segment throws when some of its records are out already.</summary>
public sealed class HalfReplayTests
{
    /// <summary>The next segment, and what was put since, went ahead of those that were left: it was not known that any were.</summary>
    [Fact]
    public async Task OfAnOrderedStream_WhatIsLeft_GoesOutWhenTheFirstHaveEnded_AndNothingAheadOfIt()
    {
        var harness = await AdoptAsync(OrderedMode.PutRecords);
        await harness.PassAsync(2_500);
        Assert.Equal(["a"], harness.Out);
        Assert.IsType<IOException>(Assert.Single(harness.Events.Defects));
        Assert.True(harness.Backlog.State.MustGoBehind);

        Assert.Equal(["a", "b", "c", "d"], await harness.DeliverAllAsync(3_000));
        Assert.False(harness.Backlog.State.WaitsInStore);
        Assert.Equal((4, 0), (harness.Ledger.Read().Delivered, harness.Ledger.Read().InBacklog));
    }

    [Fact]
    public async Task OfAStreamWithoutOrder_NothingGoesOutTwice_AndNothingIsLeft()
    {
        var harness = await AdoptAsync(OrderedMode.Off);
        await harness.PassAsync(2_500);
        Assert.Equal(["a", "d"], harness.Out);

        Assert.Equal(["a", "d", "b", "c"], await harness.DeliverAllAsync(3_000));
        Assert.Equal((4, 0), (harness.Ledger.Read().Delivered, harness.Ledger.Read().InBacklog));
    }

    /// <summary>Nobody looked again once it had ended, and what came behind it waited until something else was put.</summary>
    [Fact]
    public async Task OfAnOrderedStream_WhereAllWasOut_WhatComesBehindItGoesOnAfterIt()
    {
        var calls = 0;
        var harness = await AdoptAsync(
            OrderedMode.PutRecords, static s => s, _ => _ = ++calls == 1 ? throw new IOException("as the test says") : 0, [["a"], ["b"]]);
        await harness.PassAsync(2_500);
        Assert.Equal(["a"], harness.Out);
        Assert.IsType<IOException>(Assert.Single(harness.Events.Defects));

        Assert.Equal(["a", "b"], await harness.DeliverAllAsync(3_000));
        Assert.False(harness.Backlog.State.WaitsInStore);
    }

    /// <summary>Two segments that a process left: a, b and c, and d. Records go out one by one, and the second one throws.</summary>
    private static Task<LoneBacklogHarness> AdoptAsync(OrderedMode ordered) =>
        AdoptAsync(ordered, static s => new ThrowsAtTheSecond(s), static _ => { }, [["a", "b", "c"], ["d"]]);

    private static async Task<LoneBacklogHarness> AdoptAsync(
        OrderedMode ordered, Func<IReplaySource, IReplaySource> wrap, Action<long> arrived, string[][] segments)
    {
        var harness = new LoneBacklogHarness(o => (o.Ordered, o.MaxOutstandingRecords) = (ordered, 7));
        var (backlog, context, logs) = (harness.Backlog, harness.Backlog.Context, harness.Backlog.Logs);
        var letters = new DeadLetterQueue(context, new StreamDeadLetters(context), logs);
        var outcomes = new SegmentOutcomes(context, harness.Memory, harness.Completer, logs, letters);
        var limit = new RecordLimit(
            context.Services.Gateway, StreamTarget.Of(LoneBacklogHarness.Stream, context.Settings.Options), context.Settings, harness.Events, harness.Clock,
            new Random(1));
        backlog.Replayer.Start(wrap(new BacklogReplaySource(
            context, backlog.State, logs, backlog.Replayer, harness.Memory, limit, null, new SegmentReader(context, logs),
            new SegmentRouter(context, outcomes, harness, arrived, new FlushBarrier()), letters)));
        await logs.Open();
        _ = logs.AdoptAsync(await harness.LeftSegmentsAsync(new MemoryBacklogStore(), segments));
        return harness;
    }

    private sealed class ThrowsAtTheSecond(IReplaySource inner) : IReplaySource
    {
        private int _calls;

        public bool TryLetOut(long charge, int records, bool isProbe) =>
            ++_calls == 2 ? throw new IOException("as the test says") : inner.TryLetOut(charge, records, isProbe);

        public Task<PackedRecords?> ReadAsync(LogSegment segment) => inner.ReadAsync(segment);

        public Task ReplayAsync(LogSegment segment, PackedRecords records) => inner.ReplayAsync(segment, records);

        public void ParkAgain(LogSegment segment) => inner.ParkAgain(segment);
    }
}
