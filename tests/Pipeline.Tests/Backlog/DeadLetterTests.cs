using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Records that can never be delivered, and segments that cannot be read.</summary>
public sealed class DeadLetterTests
{
    [Fact]
    public async Task Poison_IsSetAside_ItsNeighboursAreDelivered()
    {
        await using var bench = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(bench, "key-7");

        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger is { Delivered: 99, DeadLettered: 1 });

        Assert.Equal(new StreamLedger(100, 99, 0, 0, 0, 0, 1), bench.Ledger);
        var letter = Assert.Single(await bench.DriveAsync(bench.Backlog.ListDeadLettersAsync(0, 100, default)));
        Assert.Equal(("key-7", "ValidationException", "poison"), (letter.Record.PartitionKey, letter.ErrorCode, letter.ErrorMessage));
        Assert.Equal(PipelineHarness.Record(7).Data.ToArray(), letter.Record.Data.ToArray());
        Assert.InRange(letter.SetAsideAt, letter.PersistedAt, bench.Time.GetUtcNow());
        Assert.Contains("dead letters ValidationException 1", bench.Events.Said);
        Assert.Equal(1, bench.Backlog.Status.DeadLetters);
    }

    [Fact]
    public async Task Letters_OutliveTheProcess_AndArePutBackOrDropped()
    {
        await using var bench = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(bench, "key-1", "key-2", "key-3");
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(10), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger is { Delivered: 7, DeadLettered: 3 });
        await bench.PassAsync(TimeSpan.FromMilliseconds(500));
        bench.Crash();
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(50), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger is { Delivered: 1, DeadLettered: 3 });

        var letters = await bench.DriveAsync(bench.Backlog.ListDeadLettersAsync(0, 100, default));
        Assert.Equal(["key-1", "key-2", "key-3"], letters.Select(static l => l.Record.PartitionKey).Order());
        Assert.Equal(letters.Select(static l => l.Number).Order(), letters.Select(static l => l.Number));
        Assert.Equal(letters.Skip(1), await bench.DriveAsync(bench.Backlog.ListDeadLettersAsync(letters[0].Number, 100, default)), Comparer);
        Assert.Equal(1, await bench.DriveAsync(bench.Backlog.DropDeadLettersAsync([letters[0].Number], default)));
        Assert.Equal(0, await bench.DriveAsync(bench.Backlog.DropDeadLettersAsync([letters[0].Number], default)));
        Assert.Equal(new StreamLedger(4, 1, 1, 0, 0, 0, 2), bench.Ledger);

        bench.Kinesis.Refuse = static (_, _) => null;
        Assert.Equal(2, await bench.DriveAsync(bench.Backlog.RequeueDeadLettersAsync(null, default)));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 3);
        Assert.Equal(new StreamLedger(4, 3, 1, 0, 0, 0, 0), bench.Ledger);
        Assert.Empty(await bench.DriveAsync(bench.Backlog.ListDeadLettersAsync(0, 100, default)));
        Assert.Empty(bench.Store.SegmentsOf(BacklogHarness.Stream, SegmentLogKind.DeadLetters));
    }

    [Fact]
    public async Task StoreDown_WhilePoisonIsSetAside_LosesNothing()
    {
        await using var bench = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_000), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 1);
        bench.Kinesis.Refuse = (entry, _) =>
        {
            bench.Store.IsDown = true;
            return new PutRecordsReplyEntry(null, null, "ValidationException", "poison");
        };
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted));
        await bench.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        Assert.Equal(1, bench.Ledger.InBacklog);

        bench.Store.IsDown = false;
        await bench.DriveUntilAsync(() => bench.Ledger.DeadLettered == 1, stepMs: 20);
        Assert.Equal(0, bench.Ledger.InBacklog);
    }

    [Fact]
    public async Task MaxAge_SetsAsideWhatIsTooOld()
    {
        await using var bench = new BacklogHarness(configure: static o =>
        {
            o.BacklogMaxAge = TimeSpan.FromMinutes(1);
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        SpillTests.TakeDown(bench);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(200), BacklogHarness.Persisted));
        await bench.PassAsync(TimeSpan.FromSeconds(90), stepMs: 50);

        Assert.Equal(200, bench.Ledger.DeadLettered);
        var letters = await bench.DriveAsync(bench.Backlog.ListDeadLettersAsync(0, 1_000, default));
        Assert.Equal(200, letters.Count);
        Assert.All(letters, static l => Assert.Equal(RecordErrorCodes.Expired, l.ErrorCode));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SegmentThatCannotBeRead_IsMovedOutOfTheWay_TheRestGoesOn(bool isOfALaterVersion)
    {
        await using var bench = new BacklogHarness();
        SpillTests.TakeDown(bench);
        for (var i = 0; i < 3; i++)
            await bench.DriveAsync(await bench.PutAsync([.. Enumerable.Range(i * 100, 100).Select(n => PipelineHarness.Record(n))], BacklogHarness.Persisted));
        var (number, bytes) = bench.Store.SegmentsOf(BacklogHarness.Stream).OrderBy(static s => s.Key).ElementAt(1);
        var changed = (byte[])bytes.Clone();
        if (isOfALaterVersion)
            changed[0] = 9;
        else
            changed[^20] ^= 1;
        bench.Store.Replace(BacklogHarness.Stream, SegmentLogKind.Records, number, changed);

        bench.Crash();
        SpillTests.BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 200);

        await bench.DriveUntilAsync(() => bench.Backlog.Status.DamagedSegments == 1);
        Assert.Equal(changed, bench.Store.SetAside(BacklogHarness.Stream)[number]);
        Assert.Contains(bench.Events.Said, static s => s.StartsWith("set aside", StringComparison.Ordinal));
        Assert.Equal(200, bench.Seen.Count);
    }

    private static readonly EqualityComparer<DeadLetter> Comparer = EqualityComparer<DeadLetter>.Create(static (a, b) => a!.Number == b!.Number);

    private static void Poison(BacklogHarness bench, params string[] keys) =>
        bench.Kinesis.Refuse = (entry, _) => keys.Contains(System.Text.Encoding.UTF8.GetString(entry.PartitionKey.Span))
            ? new PutRecordsReplyEntry(null, null, "ValidationException", "poison")
            : null;
}
