namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>
/// Records of ordered streams that are to become dead letters while the store does not keep those. A process that ended now would leave them to the
/// next one, which sends them again.
/// </summary>
public sealed class PendingDeadLetterTests
{
    /// <summary>Until it is set, the store does not open the dead letters.</summary>
    private readonly TaskCompletionSource _letters = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Persisted_BehindARecordWhoseDeadLetterIsPending_WaitsInTheStore()
    {
        await using var harness = await RefuseFirstAsync();

        await harness.PersistAsync(Record(1));
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.Empty(harness.Kinesis.Records);

        _letters.SetResult();
        await harness.DriveUntilAsync(() => harness.Ledger is { DeadLettered: 1, Delivered: 1 }, stepMs: 20);
        Assert.Equal(["1"], harness.Kinesis.Records.Select(static r => r.Data));
    }

    [Fact]
    public async Task Delivered_BehindARecordWhoseDeadLetterIsPending_WaitsToBeAccepted()
    {
        await using var harness = await RefuseFirstAsync();

        var putting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(1)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.Equal(1, harness.Ledger.Accepted);

        _letters.SetResult();
        Assert.True((await harness.DriveAsync((await harness.DriveAsync(putting)).Delivery)).IsSuccess);
    }

    /// <summary>What the next process finds in the store it sends in its order.</summary>
    [Fact]
    public async Task Crash_WhileADeadLetterIsPending_TheNextProcessSendsItFirst()
    {
        await using var harness = await RefuseFirstAsync();
        await harness.PersistAsync(Record(1));
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);

        harness.Crash();
        _letters.SetResult();
        await harness.PersistAsync(Record(2));
        await harness.EndAllAsync(stepMs: 20);

        Assert.Equal(["0", "1", "2"], harness.Kinesis.Records.Select(static r => r.Data));
    }

    /// <summary>Kinesis refuses one record for good, and takes all that come later.</summary>
    private async Task<BacklogHarness> RefuseFirstAsync()
    {
        var harness = new BacklogHarness(shards: 1, static o => (o.Ordered, o.RecordTtl) = (OrderedMode.PutRecords, TimeSpan.FromMinutes(5)));
        harness.Store.Before = (call, token) => call is { What: StoreCallKind.Open, Kind: SegmentLogKind.DeadLetters }
            ? _letters.Task.WaitAsync(token) : Task.CompletedTask;
        var refused = 0;
        harness.Kinesis.Refuse = (_, _) =>
            Interlocked.Increment(ref refused) == 1 ? new PutRecordsReplyEntry(null, null, "ValidationException", "poison") : null;
        await harness.PersistAsync(Record(0));
        await harness.DriveUntilAsync(() => refused > 0);
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        return harness;
    }

    private static UserRecord Record(int number) => new("key", System.Text.Encoding.UTF8.GetBytes($"{number}"));
}
