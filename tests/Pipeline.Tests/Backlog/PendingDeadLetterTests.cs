namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>
/// Records of ordered streams that are to become dead letters while the store does not keep those. A process that ended now would leave them to the
/// next one, which sends them again.
/// </summary>
public sealed class PendingDeadLetterTests
{
    [Fact]
    public async Task Persisted_BehindARecordWhoseDeadLetterIsPending_WaitsInTheStore()
    {
        SilentLetters store = null!;
        await using var harness = NewHarness(s => store = new SilentLetters(s));
        await RefuseFirstAsync(harness);

        await harness.DriveAsync(await harness.PutAsync(Record(1), BacklogHarness.Persisted));
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.Empty(harness.Kinesis.Records);

        store.Release();
        await harness.DriveUntilAsync(() => harness.Ledger is { DeadLettered: 1, Delivered: 1 }, stepMs: 20);
        Assert.Equal(["1"], harness.Kinesis.Records.Select(static r => r.Data));
    }

    [Fact]
    public async Task Delivered_BehindARecordWhoseDeadLetterIsPending_WaitsToBeAccepted()
    {
        SilentLetters store = null!;
        await using var harness = NewHarness(s => store = new SilentLetters(s));
        await RefuseFirstAsync(harness);

        var putting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(1)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.Equal(1, harness.Ledger.Accepted);

        store.Release();
        Assert.True((await harness.DriveAsync((await harness.DriveAsync(putting)).Delivery)).IsSuccess);
    }

    /// <summary>What the next process finds in the store it sends in its order.</summary>
    [Fact]
    public async Task Crash_WhileADeadLetterIsPending_TheNextProcessSendsItFirst()
    {
        SilentLetters store = null!;
        await using var harness = NewHarness(s => store = new SilentLetters(s));
        await RefuseFirstAsync(harness);
        await harness.DriveAsync(await harness.PutAsync(Record(1), BacklogHarness.Persisted));
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);

        harness.Crash();
        store.Release();
        await harness.DriveAsync(await harness.PutAsync(Record(2), BacklogHarness.Persisted));
        await harness.DriveUntilAsync(() => harness.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 20);

        Assert.Equal(["0", "1", "2"], harness.Kinesis.Records.Select(static r => r.Data));
    }

    private static BacklogHarness NewHarness(Func<IBacklogStore, IBacklogStore> wrap) =>
        new(shards: 1, static o => (o.Ordered, o.RecordTtl) = (OrderedMode.PutRecords, TimeSpan.FromMinutes(5)), wrap);

    /// <summary>Kinesis refuses one record for good, and takes all that come later.</summary>
    private static async Task RefuseFirstAsync(BacklogHarness harness)
    {
        var refused = 0;
        harness.Kinesis.Refuse = (_, _) =>
            Interlocked.Increment(ref refused) == 1 ? new PutRecordsReplyEntry(null, null, "ValidationException", "poison") : null;
        await harness.DriveAsync(await harness.PutAsync(Record(0), BacklogHarness.Persisted));
        await harness.DriveUntilAsync(() => refused > 0);
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
    }

    private static UserRecord Record(int number) => new("key", System.Text.Encoding.UTF8.GetBytes($"{number}"));

    /// <summary>A store whose dead letters wait until <see cref="Release"/> is called.</summary>
    private sealed class SilentLetters(IBacklogStore store) : DelegatingBacklogStore(store)
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _held.TrySetResult();

        public override async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
        {
            if (kind == SegmentLogKind.DeadLetters)
                await _held.Task.WaitAsync(cancellationToken);
            return await base.OpenAsync(stream, kind, cancellationToken);
        }

        protected override ISegmentLog Wrap(ISegmentLog log) => log;
    }
}
