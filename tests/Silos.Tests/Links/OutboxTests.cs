using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>Records on their way to another silo, which is slow, full, gone, or says things twice.</summary>
public sealed class OutboxTests
{
    private static readonly TimeSpan Long = Waiting.Long;

    [Fact]
    public async Task AFrame_ThatFindsNoRoomOrNoAnswer_ComesAgainTheSame()
    {
        await using var harness = await LinkHarness.StartAsync();
        harness.Link.Answer = static place => place switch
        {
            0 => Task.FromResult(false),
            1 => Task.FromException<bool>(new TimeoutException("no answer")),
            _ => Task.FromResult(true),
        };
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 3);
        var frames = harness.Link.Records;
        Assert.All(frames, f => Assert.Equal((1L, 1L, frames[0].Records), (f.First, f.EndedBefore, f.Records)));
        harness.Owner.Outbox.Take(LinkHarness.Delivered(frames[0]));

        Assert.All(await ends.WaitAsync(Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    /// <summary>Frames of a busy silo follow each other without end: each went with what the caller of the first had set in Orleans' request context.</summary>
    [Fact]
    public async Task AFrame_IsNotInTheFlowOfThePutThatSendsIt()
    {
        await using var harness = await LinkHarness.StartAsync();
        var caller = new AsyncLocal<string?> { Value = "who puts" };
        var seen = new TaskCompletionSource<string?>();
        harness.Link.Answer = _ => Task.FromResult(seen.TrySetResult(caller.Value));
        var ends = await harness.PutAsync(10);
        Assert.Null(await seen.Task.WaitAsync(Long));
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        harness.Owner.Outbox.Take(LinkHarness.Delivered(harness.Link.Records[0]));
        await ends.WaitAsync(Long);
    }

    [Fact]
    public async Task Ends_ThatComeTwice_CountOnce()
    {
        await using var harness = await LinkHarness.StartAsync();
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        var told = LinkHarness.Delivered(harness.Link.Records[0]);
        harness.Owner.Outbox.Take(told);
        harness.Owner.Outbox.Take(told);
        await ends.WaitAsync(Long);

        Assert.Equal(new StreamLedger(11, 11, 0, 0, 0, 0, 0), harness.Ledger);
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
        Assert.Equal(long.MaxValue, harness.Owner.OldestAcceptedAt);
    }

    [Fact]
    public async Task Lose_EndsWhatWasSentAsUnknownOnce_AndLaterEndsAreIgnored()
    {
        await using var harness = await LinkHarness.StartAsync();
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        var writer = new PackedOutcomesWriter();
        for (var i = 0; i < 4; i++)
            writer.TryAdd(1 + i, RecordResult.Delivered(FakeKinesis.FirstShard, "1", i, []));
        harness.Owner.Outbox.Take(PackedOutcomes.Parse(writer.ToArray()));
        harness.Owner.Outbox.OnLost(isStop: false);
        harness.Owner.Outbox.OnLost(isStop: false);
        harness.Owner.Outbox.Take(LinkHarness.Delivered(harness.Link.Records[0]));
        var results = await ends.WaitAsync(Long);

        Assert.All(results.Take(4), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.All(results.Skip(4), r => Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.OwnerLost), (r.Status, r.ErrorCode)));
        Assert.Equal("key-9", results[9].Record!.Value.PartitionKey);
        Assert.Equal((11, 5, 6, 0), (harness.Ledger.Accepted, harness.Ledger.Delivered, harness.Ledger.Unknown, harness.Ledger.InFlight));
    }

    /// <summary>They ended as unknown, though the silo had said each time that it does not take them.</summary>
    [Fact]
    public async Task Lose_SendsWhatTheOwnerHadRefusedToTheNextOne()
    {
        var time = new FakeTimeProvider();
        await using var harness = await LinkHarness.StartAsync(time);
        harness.Link.Answer = static _ => Task.FromResult(false);
        var ends = await harness.PutAsync(10);
        // It has its answer, and waits to come again.
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1 && time.IsDueWithin(TimeSpan.FromMilliseconds(100)));
        var next = new FakeLink();
        var former = harness.Owner.Outbox;
        harness.Owner.Outbox = new Outbox(harness.Pipeline, LinkHarness.Here, LinkHarness.There, next, new LinkMemory(), NullLogger.Instance);
        former.OnLost(isStop: false);
        await Waiting.UntilAsync(() => ends.IsCompleted || next.Keys.Count == 10);
        harness.Owner.Outbox.Take(LinkHarness.Delivered([.. next.Records]));

        Assert.All(await ends.WaitAsync(Long), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(new StreamLedger(11, 11, 0, 0, 0, 0, 0), harness.Ledger);
    }

    /// <summary>What the silo had said each time that it does not take ended as unknown, as if Kinesis might have it.</summary>
    [Theory]
    [InlineData(true, RecordStatus.Unknown)]
    [InlineData(false, RecordStatus.Failed)]
    public async Task Stop_OfThisSilo_FailsWhatTheOwnerHadRefused(bool isTaken, RecordStatus status)
    {
        var time = new FakeTimeProvider();
        await using var harness = await LinkHarness.StartAsync(time);
        harness.Link.Answer = _ => Task.FromResult(isTaken);
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1 && (isTaken || time.IsDueWithin(TimeSpan.FromMilliseconds(100))));
        harness.Owner.Stop();

        Assert.All(await ends.WaitAsync(Long), r => Assert.Equal((status, RecordErrorCodes.Shutdown), (r.Status, r.ErrorCode)));
    }

    /// <summary>The owner heard of the flush first, and let the records linger that came then: a flush took as long as they may.</summary>
    [Fact]
    public async Task Flush_WhileAFrameIsOnItsWay_IsToldAgainOnceTheOwnerHasIt()
    {
        await using var harness = await LinkHarness.StartAsync();
        var taken = new TaskCompletionSource<bool>();
        harness.Link.Answer = _ => taken.Task;
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        var flushed = harness.Producer.FlushAsync(LinkHarness.Stream);
        Assert.Equal(1, harness.Link.Flushes);
        taken.SetResult(true);
        await Waiting.UntilAsync(() => harness.Link.Flushes == 2);
        harness.Owner.Outbox.Take(LinkHarness.Delivered(harness.Link.Records[0]));

        Assert.All(await ends.WaitAsync(Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        await flushed.WaitAsync(Long);
    }

    /// <summary>One call was made, and where it failed the records lingered on: a flush, or the stop of the silo, took as long.</summary>
    [Fact]
    public async Task Flush_OfWhichTheOwnerWasNotTold_IsToldAgain()
    {
        var time = new FakeTimeProvider();
        await using var harness = await LinkHarness.StartAsync(time);
        harness.Link.Flushed = static place => place < 3 ? Task.FromException(new TimeoutException("no answer")) : Task.CompletedTask;
        var ends = await harness.PutAsync(10);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 1);
        var flushed = harness.Producer.FlushAsync(LinkHarness.Stream);
        await time.PassUntilAsync(() => harness.Link.Flushes == 4, TimeSpan.FromMilliseconds(5));
        harness.Owner.Outbox.Take(LinkHarness.Delivered(harness.Link.Records[0]));

        Assert.All(await ends.WaitAsync(Long), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        await flushed.WaitAsync(Long);
    }

    /// <summary>What was persisted after the flush of a drain lingered on at its owner: the drain took as long, or left it to be delivered twice.</summary>
    [Fact]
    public async Task DrainBacklog_EndsTheLingerOfPersistedRecordsAtTheirOwner()
    {
        await using var harness = await LinkHarness.StartAsync(backlog: new MemoryBacklogStore());
        var ends = await harness.PutAsync(10, options: new PutOptions { AckLevel = AckLevel.Persisted });
        Assert.All(await ends.WaitAsync(Long), static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await Waiting.UntilAsync(() => harness.Link.Keys.Count == 10);
        var drained = harness.Pipeline.DrainBacklogAsync();

        Assert.NotEqual(0, harness.Link.Flushes);
        harness.Owner.Outbox.Take(LinkHarness.Delivered([.. harness.Link.Records]));
        await drained.WaitAsync(Long);
    }

    [Fact]
    public async Task CloseAsync_GivesBackWhatWasNotSent_AndWaitsForWhatIsUnderWay()
    {
        await using var harness = await LinkHarness.StartAsync();
        var held = new TaskCompletionSource<bool>();
        harness.Link.Answer = _ => held.Task;
        // Frames of 64 KB, more than are under way at once.
        var ends = await harness.PutAsync(100, bytes: 10_000);
        await Waiting.UntilAsync(() => harness.Link.Records.Count == 4);
        var next = new FakeLink();
        var former = harness.Owner.Outbox;
        harness.Owner.Outbox = new Outbox(harness.Pipeline, LinkHarness.Here, LinkHarness.There, next, new LinkMemory(), NullLogger.Instance);
        var closed = former.CloseAsync();
        Assert.False(closed.IsCompleted);
        held.SetResult(true);
        await closed.WaitAsync(Long);
        former.Take(LinkHarness.Delivered([.. harness.Link.Records]));
        var sent = harness.Link.Keys.Count;
        var taken = 0;
        await Waiting.UntilAsync(() =>
        {
            for (; taken < next.Records.Count; taken++)
                harness.Owner.Outbox.Take(LinkHarness.Delivered(next.Records[taken]));
            return ends.IsCompleted;
        });

        Assert.Equal(4, harness.Link.Records.Count);
        Assert.Equal(100, sent + next.Keys.Count);
        Assert.All(await ends, r => Assert.Equal(RecordStatus.Delivered, r.Status));
    }

    /// <summary>A shard that was served here, then elsewhere, then here again.</summary>
    [Fact]
    public async Task AShard_ThatComesBackAfterItsFormerRecordsTimeToLive_SendsAgain()
    {
        var (time, timeToLive) = (new FakeTimeProvider(), TimeSpan.FromMinutes(1));
        await using var harness = new LinkHarness(time);
        for (var stay = 0; stay < 2; stay++)
        {
            harness.Pipeline.Shards.Open(FakeKinesis.FirstShard, null);
            var put = await harness.PutAsync(1, options: new PutOptions { TimeToLive = timeToLive });
            await time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(20));
            Assert.Equal(RecordStatus.Delivered, (await put)[0].Status);
            await harness.Pipeline.Shards.CloseAsync(FakeKinesis.FirstShard, Task.CompletedTask);
            time.Advance(timeToLive);
        }

        Assert.Empty(harness.Link.Records);
    }
}
