using Orleans.Kpl.Pipeline.Maps.Following;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A caller who asked for <see cref="AckLevel.Persisted"/>.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Writing.GroupCommit"/>.</remarks>
public sealed class PersistedTests
{
    /// <summary>Each was told as persisted and then set aside, for as long as somebody went on putting under a misspelt name.</summary>
    [Fact]
    public async Task Put_ToAStreamThatIsNotThere_WasPersistedForEver()
    {
        await using var harness = new BacklogHarness();
        harness.Kinesis.BeforeList = static _ =>
            throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "Stream backlog not found.", 400);
        // The first ones were persisted all the same, because nobody had asked Kinesis by then.
        var one = await harness.PersistAsync(PipelineHarness.Record(1));
        var many = await harness.PersistAsync(PipelineHarness.Records(3));
        Assert.All(many.Append(one), static r => Assert.Equal((RecordStatus.Failed, RecordErrorCodes.ResourceNotFound), (r.Status, r.ErrorCode)));
        Assert.Equal(new StreamLedger(4, 0, 4, 0, 0, 0, 0), harness.Ledger);

        harness.Kinesis.BeforeList = static _ => default;
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        var later = await harness.PersistAsync(PipelineHarness.Record(2));
        Assert.True(later.IsSuccess, later.ToString());
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
    }

    /// <summary>In an outage nothing waits longer for the question whether the stream is there.</summary>
    [Fact]
    public async Task Put_WhileKinesisDoesNotAnswerTheFirstQuestion_IsPersistedAfterASecond()
    {
        await using var harness = new BacklogHarness();
        var answer = new TaskCompletionSource();
        harness.Kinesis.BeforeList = async _ => await answer.Task;
        var put = harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(0), BacklogHarness.Persisted).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(0.9));
        Assert.False(put.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(0.2));
        Assert.True(put.IsCompleted);
        Assert.Equal(RecordStatus.Persisted, (await harness.DriveAsync((await put).Delivery)).Status);
        // The second is one for all puts: a caller that awaits each of them would put one a second.
        Assert.True(harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(1), BacklogHarness.Persisted).IsCompleted);
        answer.SetResult();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 2);
    }

    [Fact]
    public async Task Put_WithPersisted_IsAnsweredOnceTheStoreHasIt()
    {
        await using var harness = new BacklogHarness();
        harness.Store.Hang();
        var delivery = await harness.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(delivery.IsCompleted);
        Assert.Equal(0, harness.Store.AppendCount);

        harness.Store.Release();
        var result = await harness.DriveAsync(delivery);

        Assert.Equal(RecordStatus.Persisted, result.Status);
        Assert.Equal(1, harness.Store.AppendCount);
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
        Assert.Equal(new StreamLedger(1, 1, 0, 0, 0, 0, 0), harness.Ledger);
        Assert.Equal(1, Assert.Single(harness.Seen).Value);
    }

    /// <summary>It was written at once, and lingered then as all others.</summary>
    [Fact]
    public async Task Put_WithPersisted_SkipsTheLingerWhereItsCallerAsks_AndItsNeighboursDoNot()
    {
        await using var harness = new BacklogHarness(shards: 8, configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await harness.OpenAsync();
        var immediate = BacklogHarness.Persisted with { Immediate = true };
        var urgent = Enumerable.Range(0, 100).Select(static i => PipelineHarness.Record(i)).First(r => harness.Kinesis.Shards[3].Contains(RecordHash.Of(r)));
        var others = Enumerable.Range(0, 40).Select(static i => PipelineHarness.Record(i)).Where(r => !harness.Kinesis.Shards[3].Contains(RecordHash.Of(r)));
        var puts = new List<Task<RecordResult>>();
        foreach (var (i, other) in others.Index())
        {
            puts.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, other, BacklogHarness.Persisted)).Delivery);
            if (i is 3 or 4)
                puts.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, urgent, immediate)).Delivery);
        }

        Assert.All(await harness.DriveAsync(Task.WhenAll(puts)), static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.Equal(1, harness.Store.AppendCount);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        Assert.Equal([urgent.PartitionKey], harness.Kinesis.Records.Select(static r => r.Key).Distinct());
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == puts.Count);
    }

    /// <summary>The memory of the first segment, which came before the log was open, was used again and again, and every segment was as small.</summary>
    [Fact]
    public async Task Put_OnceTheLogIsOpen_FillsSegmentsOfTheSizeThatTheStoreLikesBest()
    {
        await using var harness = new BacklogHarness();
        harness.Store.TargetSegmentBytes = 1 << 20;
        await harness.PersistAsync(PipelineHarness.Record(0));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);

        await harness.PersistAsync(PipelineHarness.Records(1_000, 800));

        Assert.Equal(2, harness.Store.AppendCount);
    }

    [Fact]
    public async Task Restart_AfterPartOfASegmentWasDelivered_DeliversTheRestOnly()
    {
        await using var harness = new BacklogHarness(shards: 2);
        var open = harness.Kinesis.Shards[0].ShardId;
        harness.Kinesis.Refuse = (_, shard) => shard.ShardId == open ? null : new PutRecordsReplyEntry(null, null, "InternalFailure", "no");
        await harness.PersistAsync(PipelineHarness.Records(1_000));
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        var before = harness.Seen.Count;
        Assert.InRange(before, 300, 700);

        harness.Crash();
        harness.Kinesis.Refuse = static (_, _) => null;
        await harness.DriveUntilAsync(() => harness.Seen.Count == 1_000);

        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
        Assert.Equal(1_000 - before, harness.Ledger.Accepted);
    }

    [Fact]
    public async Task Crash_WithProgressNotSaved_RepeatsWhatWasDeliveredSince_AndNoMore()
    {
        await using var harness = new BacklogHarness();
        await harness.PersistAsync(PipelineHarness.Records(1_000));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1_000);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        var later = Enumerable.Range(5_000, 300).Select(i => PipelineHarness.Record(i)).ToArray();
        await harness.PersistAsync(later);
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1_300, stepMs: 1);

        harness.Crash();
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(1_300, harness.Seen.Count);
        Assert.InRange(harness.Seen.Count(static s => s.Value > 1), 0, 300);
    }
}
