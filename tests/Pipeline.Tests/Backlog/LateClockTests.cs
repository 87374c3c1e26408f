namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A wall clock that was behind when the producer began, and is set right; or a machine that was suspended: monotonic time stood still.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Keeping.BacklogContext"/>.</remarks>
public sealed class LateClockTests
{
    private static readonly TimeSpan Behind = TimeSpan.FromDays(8);

    /// <summary>Each new record was older than <c>BacklogMaxAge</c> when it came, and became a dead letter.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Persisted_AfterTheClockWasSetRight_IsDelivered(OrderedMode ordered)
    {
        await using var harness = new BacklogHarness(configure: o => o.Ordered = ordered);
        harness.Time.Jump(Behind);
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(20));
        await harness.PassAsync(TimeSpan.FromMinutes(1), stepMs: 20);
        harness.Kinesis.ComeBack();
        await harness.PassAsync(TimeSpan.FromSeconds(30), stepMs: 20);

        Assert.Equal(new StreamLedger(20, 20, 0, 0, 0, 0, 0), harness.Ledger);
    }

    /// <summary>What a machine without a network had kept since it began, with its clock days behind, became dead letters once the clock was right.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Persisted_BeforeTheClockWasSetRight_IsDelivered(OrderedMode ordered)
    {
        await using var harness = new BacklogHarness(configure: o => o.Ordered = ordered);
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(20));
        await harness.PassAsync(TimeSpan.FromMinutes(1), stepMs: 20);
        harness.Time.Jump(Behind);
        await harness.PassAsync(TimeSpan.FromMinutes(1), stepMs: 20);
        var waited = harness.Backlog.Status.OldestAge;
        harness.Kinesis.ComeBack();
        await harness.PassAsync(TimeSpan.FromSeconds(30), stepMs: 20);

        Assert.Equal(new StreamLedger(20, 20, 0, 0, 0, 0, 0), harness.Ledger);
        Assert.InRange(waited, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(3));
    }

    /// <summary>It came back as a dead letter at once, whenever an operator put it in again.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task DeadLetter_PutInAgainAfterTheClockWasSetRight_IsDelivered(OrderedMode ordered)
    {
        await using var harness = new BacklogHarness(configure: o => o.Ordered = ordered);
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "ValidationException", "poison");
        await harness.PersistAsync(PipelineHarness.Record(1));
        await harness.DriveUntilAsync(() => harness.Ledger.DeadLettered == 1);
        harness.Kinesis.Refuse = static (_, _) => null;
        harness.Time.Jump(Behind);

        Assert.Equal(1, await harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default)));
        await harness.PassAsync(TimeSpan.FromSeconds(30), stepMs: 20);

        Assert.Equal(new StreamLedger(1, 1, 0, 0, 0, 0, 0), harness.Ledger);
    }
}
