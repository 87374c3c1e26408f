namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Streams with a backlog close only when it is empty, and open it again.</summary>
public sealed class IdleBacklogTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task AnIdleStream_WhoseBacklogIsEmpty_ClosesAndKeepsRecordsAgain()
    {
        await using var harness = new BacklogHarness();
        harness.Producer.CloseIdleStreams(Limit);
        for (var round = 1; round <= 2; round++)
        {
            var persisted = await harness.PersistAsync(new UserRecord("key", "data"u8.ToArray()));
            Assert.Equal(RecordStatus.Persisted, persisted.Status);
            await harness.DriveUntilAsync(() => harness.Ledger.Delivered == round, stepMs: 1_000);

            await harness.PassAsync(Limit + Limit / 5, stepMs: 10_000);
            Assert.Empty(harness.Producer.Streams);
            Assert.Equal((round, round), (harness.Ledger.Accepted, harness.Ledger.Delivered));
        }
    }

    [Fact]
    public async Task AnIdleStream_WithRecordsInItsBacklog_StaysOpenUntilTheyAreDelivered()
    {
        await using var harness = new BacklogHarness(configure: static o => o.BacklogMaxAge = TimeSpan.FromDays(1));
        harness.Producer.CloseIdleStreams(Limit);
        var isAway = true;
        harness.Kinesis.BeforePut = (_, _) => isAway ? throw new KinesisException(KinesisFailureKind.Refused, "InternalFailure", "away", 500) : default;
        await harness.PersistAsync(new UserRecord("key", "data"u8.ToArray()));

        await harness.PassAsync(2 * Limit, stepMs: 10_000);
        Assert.Single(harness.Producer.Streams);
        isAway = false;
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1, stepMs: 1_000);

        await harness.PassAsync(Limit + Limit / 5, stepMs: 10_000);
        Assert.Empty(harness.Producer.Streams);
    }

    /// <remarks>It closed at once, its store was away just then, and what had been delivered was delivered again when it came back.</remarks>
    [Fact]
    public async Task AnIdleStream_WhoseProgressIsNotSavedYet_StaysOpenUntilItIs()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(5));
        harness.Producer.CloseIdleStreams(TimeSpan.FromMilliseconds(50));
        for (var record = 1; record <= 2; record++)
        {
            // The progress of the first is saved at once, that of the second 200 ms after it.
            await harness.PersistAsync(PipelineHarness.Record(record));
            await harness.DriveUntilAsync(() => harness.Ledger.Delivered == record);
        }

        harness.Store.IsDown = true;
        await harness.PassAsync(TimeSpan.FromMilliseconds(150));
        Assert.Single(harness.Producer.Streams);
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Single(harness.Producer.Streams);

        harness.Store.IsDown = false;
        await harness.DriveUntilAsync(() => !harness.Producer.Streams.Any());
        await harness.PersistAsync(PipelineHarness.Record(3));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 3);
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(3, harness.Seen.Count);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }
}
