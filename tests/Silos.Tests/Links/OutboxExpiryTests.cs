using System.Collections.Concurrent;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Records for a silo that does not answer, and that nobody declares dead: their time-to-live holds all the same.</summary>
public sealed class OutboxExpiryTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <summary>When the owner cannot be sending any more: its last request and the last message there are over.</summary>
    private static readonly TimeSpan OverAfter = TimeToLive + new KplOptions().RequestTimeout + TimeSpan.FromSeconds(5);

    private static readonly PutOptions Options = new() { TimeToLive = TimeToLive };

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatWasSentWithoutAnOutcome_EndsAsUnknownSomeTimeAfterItsTimeToLive(bool isTaken)
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        harness.Link.Answer = _ => isTaken ? Task.FromResult(true) : Task.FromException<bool>(new TimeoutException("no answer"));
        var ends = await harness.PutAsync(10, options: Options);
        await Waiting.UntilAsync(() => harness.Link.Records.Count > 0);
        var (results, took) = await EndAsync(harness, ends);

        Assert.All(results, r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (r.Status, r.ErrorCode)));
        Assert.Equal("key-9", results[9].Record!.Value.PartitionKey);
        Assert.InRange(took, OverAfter, OverAfter + 3 * Step);
        Assert.Equal((11, 1, 10, 0), (harness.Ledger.Accepted, harness.Ledger.Delivered, harness.Ledger.Unknown, harness.Ledger.InFlight));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        Assert.Equal(long.MaxValue, harness.Owner.OldestAcceptedAt);
    }

    [Fact]
    public async Task WhatEndedHere_IsNotSentAgain_AndLaterOutcomesAreIgnored()
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        harness.Link.Answer = static _ => Task.FromException<bool>(new TimeoutException("no answer"));
        var ends = await harness.PutAsync(10, options: Options);
        await EndAsync(harness, ends);
        harness.Link.Answer = static _ => Task.FromResult(true);
        var former = harness.Link.Records[0];
        harness.Owner.Outbox.Take(LinkHarness.Delivered(former));
        var later = await harness.PutAsync(10, options: Options);
        await Waiting.UntilAsync(() => harness.Link.Records.Any(f => f.First == former.First + 10));
        var next = harness.Link.Records[^1];
        harness.Owner.Outbox.Take(LinkHarness.Delivered(next));

        Assert.All(await later.WaitAsync(Waiting.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        // The owner learns that the former frame is over: should it still come, it is not new.
        Assert.Equal(former.First + 10, next.EndedBefore);
        Assert.All(harness.Link.Records, f => Assert.True(f.EndedBefore <= f.First));
        Assert.Equal((21, 11, 10, 0), (harness.Ledger.Accepted, harness.Ledger.Delivered, harness.Ledger.Unknown, harness.Ledger.InFlight));
    }

    [Fact]
    public async Task WhatTheOwnerRefusedEachTime_ExpiresAtItsTimeToLive()
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        harness.Link.Answer = static _ => Task.FromResult(false);
        var ends = await harness.PutAsync(10, options: Options);
        await Waiting.UntilAsync(() => harness.Link.Records.Count > 0);
        var (results, took) = await EndAsync(harness, ends);

        Assert.All(results, r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (r.Status, r.ErrorCode)));
        Assert.InRange(took, TimeToLive, TimeToLive + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task WhatWaitsForItsTurn_ExpiresAtItsTimeToLive()
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        var never = new TaskCompletionSource<bool>();
        harness.Link.Answer = _ => never.Task;
        // Frames of 64 KB, more than are under way at once.
        var ends = await harness.PutAsync(100, bytes: 10_000, Options);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 4);
        var sent = harness.Link.Keys.Count;
        await PassUntilAsync(() => harness.Ledger.Failed > 0);
        Assert.InRange(Now, TimeToLive, TimeToLive + 3 * Step);
        Assert.Equal((100 - sent, sent), (harness.Ledger.Failed, harness.Ledger.InFlight));
        var (results, _) = await EndAsync(harness, ends);
        never.SetResult(true);

        Assert.Equal(100 - sent, results.Count(r => r.ErrorCode == RecordErrorCodes.Expired));
        Assert.Equal(sent, results.Count(r => r.Status == RecordStatus.Unknown));
        Assert.Equal(4, harness.Link.Records.Count);
    }

    /// <summary>
    /// On an ordered stream a tenure whose owner does not answer ends, and counts out the frame: the next frame goes where the shard is then.
    /// </summary>
    [Fact]
    public async Task ATenureWhoseOwnerDoesNotAnswer_EndsWithTheRecords()
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        var never = new TaskCompletionSource<bool>();
        harness.Link.Answer = _ => never.Task;
        // A frame as it lies in a queue, with a caller who waits.
        var queue = new FrameQueue();
        var outbox = harness.Owner.Outbox;
        harness.Owner.Kept = queue;
        var ends = await harness.PutAsync(3, options: Options);
        harness.Owner.Kept = null;
        List<OutgoingFrame?> told = [];
        var turn = new OwnerTenure(FakeKinesis.FirstShard, 1, outbox, (_, sent) => told.Add(sent)) { IsSending = true, Open = 1 };
        var frame = queue.Take()!;
        queue.Add(frame);
        Assert.True(outbox.TrySend(queue, turn));
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        var (results, _) = await EndAsync(harness, ends);
        Assert.All(results, r => Assert.Equal(RecordStatus.Unknown, r.Status));
        await Waiting.UntilAsync(() => told.Contains(frame));
        turn.Count(frame);
        Assert.Equal((true, false, false), (turn.IsEnding, turn.IsOver, turn.WasOfUse));
        never.SetException(new TimeoutException("no answer"));
        await PassUntilAsync(() => told.Contains(null));
        turn.IsSending = false;

        Assert.True(turn.IsOver);
        Assert.Single(harness.Link.Records);
    }

    /// <summary>The call that carries the frame may say that it is over before the tenure has counted it out: nothing newer may go there.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ATenure_WhoseOwnerDoesNotTakeARecordOfTheBacklog_SendsNothingMore(bool isAnswered)
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        harness.Link.Answer = _ => isAnswered ? Task.FromResult(false) : Task.FromException<bool>(new TimeoutException("no answer"));
        var stored = new StoredRecords();
        var queue = new FrameQueue();
        queue.Add(stored.Next(harness.Pipeline, "old", TimeSpan.FromDays(1)));
        ConcurrentQueue<(OutgoingFrame? Sent, bool IsEnding)> told = [];
        var turn = new OwnerTenure(FakeKinesis.FirstShard, 1, harness.Owner.Outbox, (t, sent) => told.Enqueue((sent, t.IsEnding)));
        (turn.IsSending, turn.Open) = (true, 1);
        Assert.True(harness.Owner.Outbox.TrySend(queue, turn));
        await PassUntilAsync(() => told.Count == 2);

        Assert.All(told, t => Assert.True(t.IsEnding));
        turn.Count(told.Single(t => t.Sent is not null).Sent!);
        turn.IsSending = false;
        Assert.Equal((true, true, false), (turn.IsOver, turn.HasGivenBack, turn.WasOfUse));
        turn.AddGivenBackTo(queue);
        Assert.Equal("old", queue.Take()!.RecordAt(0).PartitionKey);
        Assert.Equal(0, stored.Back);
    }

    /// <summary>
    /// What came back goes nowhere while another record of its tenure is under way, which may take that one's whole time-to-live: it waited as long.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatCameBack_BehindARecordThatIsUnderWay_ExpiresAtItsTimeToLive(bool isOfOneFrame)
    {
        await using var harness = await LinkHarness.StartAsync(_time);
        var queue = new FrameQueue();
        harness.Owner.Kept = queue;
        var first = await harness.PutAsync(1);
        if (!isOfOneFrame)
            queue.Add(queue.Take()!);
        var second = await harness.PutAsync(1, options: Options);
        harness.Owner.Kept = null;
        var outbox = harness.Owner.Outbox;
        List<OutgoingFrame> told = [];
        var turn = new OwnerTenure(FakeKinesis.FirstShard, 1, outbox, (_, sent) => told.AddRange(sent is null ? [] : [sent]));
        while (!queue.IsEmpty)
        {
            turn.Open++;
            Assert.True(outbox.TrySend(queue, turn));
        }

        await Waiting.UntilAsync(() => harness.Link.Records.Count == turn.Open);
        var writer = new PackedOutcomesWriter();
        var place = harness.Link.Records.Min(static r => r.First) + 1;
        writer.TryAdd(place, RecordResult.NotDelivered(RecordStatus.Failed, OutcomesFrame.GivenBack, "moves", null));
        outbox.Take(PackedOutcomes.Parse(writer.ToArray()));
        if (!isOfOneFrame)
        {
            turn.Count(Assert.Single(told));
            Assert.Equal(TimeToLive.Ticks, turn.EarliestExpiry());
            _time.Advance(TimeToLive);
            List<ForwardedOutcome> ends = [];
            turn.TakeExpired(_time.GetTimestamp(), _time.GetUtcNow(), ends);
            harness.Pipeline.Forwarding.End(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ends));
        }

        var (results, took) = await EndAsync(harness, second, open: 1);
        Assert.Equal(RecordErrorCodes.Expired, Assert.Single(results).ErrorCode);
        Assert.InRange(took, TimeToLive, TimeToLive + 3 * Step);
        Assert.False(first.IsCompleted);
        turn.AddGivenBackTo(queue);
        Assert.True(queue.IsEmpty);
    }

    private TimeSpan Now => TimeSpan.FromTicks(_time.GetTimestamp());

    /// <summary>Time passes until the ledger tells it. The callers have it from a thread that may be late.</summary>
    /// <param name="open">How many other records stay open.</param>
    private async Task<(RecordResult[] Results, TimeSpan Took)> EndAsync(LinkHarness harness, Task<RecordResult[]> ends, int open = 0)
    {
        await PassUntilAsync(() => harness.Ledger.InFlight == open);
        var took = Now;
        return (await ends.WaitAsync(Waiting.Long), took);
    }

    private async Task PassUntilAsync(Func<bool> isSo)
    {
        var end = Now + TimeSpan.FromMinutes(10);
        await _time.PassUntilAsync(() => isSo() || Now > end, Step);
        Assert.True(isSo(), "it does not end");
    }
}
