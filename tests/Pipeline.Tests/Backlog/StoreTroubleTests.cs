using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The store is down, full, owned by another, or answers what is not so.</summary>
public sealed class StoreTroubleTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StoreDown_WithKinesisUp_EndsAsDelivered(bool hangs)
    {
        await using var harness = new BacklogHarness();
        Break(harness, hangs);

        var results = await harness.PersistAsync(PipelineHarness.Records(500));

        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(500, harness.Ledger.Delivered);
        Assert.NotNull(harness.Backlog.Status.StoreError);
        // /health, kpl status and health checks said that all is well.
        var condition = ConditionRules.Judge(harness.Producer.Health, harness.Time.GetUtcNow(), 0);
        Assert.Equal((ConditionSeverity.Bad, ConditionCodes.StoreUnusable), (condition.Severity, condition.Code));
        Assert.Contains(harness.Backlog.Status.StoreError.TrimEnd('.'), condition.Sentence, StringComparison.Ordinal);
        var forStrangers = ConditionRules.Judge(harness.Producer.Health, harness.Time.GetUtcNow(), outstanding: null);
        Assert.Equal("The backlog's store cannot be used: the log tells why; docs/runbook/alerts/store-unusable.md tells what to do.", forStrangers.Sentence);
        harness.Metrics.ReadGauges();
        Assert.Equal(new(1, 1), harness.Metrics.Of("BacklogStoreUnusable"));
        Mend(harness);
        await harness.DriveUntilAsync(() => harness.Backlog.Status.StoreError is null);
        harness.Metrics.ReadGauges();
        Assert.Equal(new(2, 1), harness.Metrics.Of("BacklogStoreUnusable"));
        Assert.Null(harness.Producer.Health.BacklogError);
        var later = await harness.PersistAsync(PipelineHarness.Record(7_000));
        Assert.Equal(RecordStatus.Persisted, later.Status);
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 501);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }

    /// <summary>The sentence counted a record of the backlog, and told the age of its latest stay in memory.</summary>
    [Fact]
    public async Task KinesisDown_HealthTellsTheAgeOfTheBacklogsOldestRecord()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(10));
        await harness.PersistAsync(PipelineHarness.Record(9_000));
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Record(1));
        await harness.PassAsync(TimeSpan.FromSeconds(45));

        var health = harness.Producer.Health;

        Assert.InRange(health.OldestRecordAge!.Value.TotalSeconds, 45, 46);
        // Each record once, in memory or not: what is outstanding in memory is told where there is no backlog.
        Assert.Equal(harness.Ledger.InFlight + harness.Ledger.InBacklog, health.Waiting);
        var condition = ConditionRules.Judge(health, harness.Time.GetUtcNow(), outstanding: 99);
        Assert.Equal(ConditionCodes.KinesisAway, condition.Code);
        Assert.Contains($", {health.Waiting} record", condition.Sentence, StringComparison.Ordinal);
        Assert.Contains(", the oldest 45 s", condition.Sentence, StringComparison.Ordinal);
    }

    /// <summary>What went on without the store lingered, though a flush waited for it.</summary>
    [Fact]
    public async Task StoreSilent_WhatAFlushWaitsFor_GoesOnWithoutLinger()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await harness.PersistAsync(PipelineHarness.Record(9_000));
        harness.Store.Hang();
        var delivery = await harness.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        var begun = harness.Time.GetUtcNow();
        await harness.DriveAsync(harness.Producer.FlushAsync(BacklogHarness.Stream), stepMs: 20);

        Assert.Equal(RecordStatus.Delivered, (await delivery).Status);
        Assert.InRange(harness.Time.GetUtcNow() - begun, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task StoreBack_BeforeTheTimeToLiveEnds_EndsAsPersisted()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(10));
        harness.Kinesis.GoAway();
        harness.Store.IsDown = true;
        var delivery = await harness.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        harness.Store.IsDown = false;

        var results = await harness.DriveAsync(delivery, stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 100, stepMs: 20);
    }

    [Fact]
    public async Task StoreFull_FailsWithItsCode_WhereKinesisDoesNotTakeThemEither()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(5));
        await harness.PersistAsync(PipelineHarness.Record(9_000));
        harness.Kinesis.GoAway();
        harness.Store.IsFull = true;

        var first = await harness.PersistAsync(PipelineHarness.Records(100), stepMs: 20);
        var second = await harness.PersistAsync(PipelineHarness.Records(100), stepMs: 20);

        Assert.All(first.Concat(second), static r => Assert.Equal(RecordErrorCodes.BacklogFull, r.ErrorCode));
        harness.Store.IsFull = false;
        await harness.PassAsync(TimeSpan.FromSeconds(2), stepMs: 20);
        var third = await harness.PersistAsync(PipelineHarness.Records(100), stepMs: 20);
        Assert.All(third, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
    }

    /// <summary>It was taken as read, and what lay there as gone: kpl verify counted the records as missing.</summary>
    [Fact]
    public async Task LogThatIsNeverOpened_IsNotTakenAsRead_WhenTheProcessEnds()
    {
        await using var harness = new BacklogHarness();
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Record(1));
        harness.Store.Before = static (call, _) =>
            call.What == StoreCallKind.Open ? throw new BacklogStoreException("it cannot be opened") : Task.CompletedTask;
        harness.Crash();
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.DriveAsync(harness.Producer.Recovered));
    }

    [Fact]
    public async Task LostAcknowledgements_WriteNothingTwice()
    {
        await using var harness = new BacklogHarness();
        await harness.PersistAsync(PipelineHarness.Record(9_000));
        harness.Store.LosesAcknowledgements = true;
        var delivery = await harness.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        Assert.False(delivery.IsCompleted);
        harness.Store.LosesAcknowledgements = false;

        var results = await harness.DriveAsync(delivery);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 101);
        Assert.Equal(2, harness.Store.AppendCount);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Fenced_StopsAtOnce_SaysSo_AndGoesOnWithoutABacklog()
    {
        await using var harness = new BacklogHarness();
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(100));
        harness.Store.TakeOver(BacklogHarness.Stream);
        harness.Kinesis.ComeBack();

        var result = await harness.PersistAsync(PipelineHarness.Record(7_000));

        Assert.Equal(RecordStatus.Delivered, result.Status);
        Assert.True(harness.Backlog.State.IsStopped);
        Assert.Contains(harness.Events.Said, static s => s.StartsWith("backlog fenced", StringComparison.Ordinal));
        var appends = harness.Store.AppendCount;
        await harness.PersistAsync(PipelineHarness.Record(7_001));
        Assert.Equal(appends, harness.Store.AppendCount);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        harness.CheckLedger();
        Assert.Equal(0, harness.Ledger.InBacklog);
    }

    /// <summary>A store that takes segments again seemed to do all of its tasks again.</summary>
    [Fact]
    public async Task StoreUp_WhileTheProgressCannotBeSaved_StaysTold()
    {
        const string Error = "no progress is saved";
        await using var harness = new BacklogHarness();
        harness.Store.Before = static (call, _) => call.What == StoreCallKind.Save ? throw new BacklogStoreException(Error) : Task.CompletedTask;
        await harness.PersistAsync(PipelineHarness.Record(1));
        await harness.DriveUntilAsync(() => harness.Backlog.Status.StoreError == Error);
        harness.Store.Hang();
        await harness.PersistAsync(PipelineHarness.Record(2));
        Assert.NotEqual(Error, harness.Backlog.Status.StoreError);
        harness.Store.Release();
        await harness.DriveUntilAsync(() => harness.Backlog.State.TakesMore);
        await harness.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal(Error, harness.Backlog.Status.StoreError);
    }

    private static void Break(BacklogHarness harness, bool hangs)
    {
        if (hangs)
            harness.Store.Hang();
        else
            harness.Store.IsDown = true;
    }

    private static void Mend(BacklogHarness harness)
    {
        harness.Store.IsDown = false;
        harness.Store.Release();
    }
}
