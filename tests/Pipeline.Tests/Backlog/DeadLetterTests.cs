using System.Text;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Records that can never be delivered, and segments that cannot be read.</summary>
public sealed class DeadLetterTests
{
    [Fact]
    public async Task Poison_IsSetAside_ItsNeighboursAreDelivered()
    {
        await using var harness = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(harness, "key-7");

        await harness.PersistAsync(PipelineHarness.Records(100));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 99, DeadLettered: 1 });

        Assert.Equal(new StreamLedger(100, 99, 0, 0, 0, 0, 1), harness.Ledger);
        var letter = Assert.Single(await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 100, default)));
        Assert.Equal(("key-7", "ValidationException", "poison"), (letter.Record.PartitionKey, letter.ErrorCode, letter.ErrorMessage));
        Assert.Equal(PipelineHarness.Record(7).Data.ToArray(), letter.Record.Data.ToArray());
        Assert.InRange(letter.SetAsideAt, letter.PersistedAt, harness.Time.GetUtcNow());
        Assert.Contains("dead letters ValidationException 1", harness.Events.Said);
        Assert.Equal((1, 1), (harness.Backlog.Status.DeadLetters, harness.Producer.Health.SetAside));
        // The runbook showed the dead letter 3, which no backlog has.
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "runbook", "backlog.md"));
        Assert.Contains($"kpl backlog show {letter.Number} --stream S\n", page, StringComparison.Ordinal);
    }

    /// <summary>The calls that the poison made fail were counted as attempts of those beside it: one throttle then set them aside.</summary>
    [Fact]
    public async Task Neighbours_OfAPoison_ThatAreThrottledOnce_AreDelivered()
    {
        await using var harness = new BacklogHarness(
            shards: 1, static o => (o.AggregationEnabled, o.MaxAttempts, o.FailIfThrottled) = (false, 2, true));
        harness.Kinesis.BeforePut = static (entries, _) => entries.ToArray().Any(static e => e.PartitionKey.Span.SequenceEqual("key-7"u8))
            ? throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "poison", 400)
            : default;
        var throttled = new HashSet<string>();
        harness.Kinesis.Refuse = (entry, _) => throttled.Add(Encoding.UTF8.GetString(entry.PartitionKey.Span))
            ? new(null, null, RecordErrorCodes.Throttled, "slowly") : null;

        await harness.PersistAsync(PipelineHarness.Records(16));
        await harness.EndAllAsync();

        Assert.Equal(new StreamLedger(16, 15, 0, 0, 0, 0, 1), harness.Ledger);
    }

    [Fact]
    public async Task Letters_OutliveTheProcess_AndArePutBackOrDropped()
    {
        await using var harness = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(harness, "key-1", "key-2", "key-3");
        await harness.PersistAsync(PipelineHarness.Records(10));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 7, DeadLettered: 3 });
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        harness.Crash();
        await harness.PersistAsync(PipelineHarness.Record(50));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 1, DeadLettered: 3 });

        var letters = await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 100, default));
        Assert.Equal(["key-1", "key-2", "key-3"], letters.Select(static l => l.Record.PartitionKey).Order());
        Assert.Equal(letters.Select(static l => l.Number).Order(), letters.Select(static l => l.Number));
        Assert.Equal(letters.Skip(1), await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(letters[0].Number, 100, default)), Comparer);
        Assert.Equal(1, await harness.DriveAsync(harness.Backlog.DeadLetters.DropAsync([letters[0].Number], default)));
        Assert.Equal(0, await harness.DriveAsync(harness.Backlog.DeadLetters.DropAsync([letters[0].Number], default)));
        Assert.Equal(new StreamLedger(4, 1, 1, 0, 0, 0, 2), harness.Ledger);

        harness.Kinesis.Refuse = static (_, _) => null;
        Assert.Equal(2, await harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default)));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 3);
        Assert.Equal(new StreamLedger(4, 3, 1, 0, 0, 0, 0), harness.Ledger);
        Assert.Empty(await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 100, default)));
        Assert.Empty(harness.Store.SegmentsOf(BacklogHarness.Stream, SegmentLogKind.DeadLetters));
    }

    /// <summary>They were gone from the list, and counted nowhere: the ledger had dead letters that no list shows, for the life of the process.</summary>
    [Fact]
    public async Task Drop_WhichTheStoreDoesNotTake_IsCountedOnce_AndToldToItLater()
    {
        await using var harness = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(harness, "key-1", "key-2");
        await harness.PersistAsync(PipelineHarness.Records(4));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 2, DeadLettered: 2 });
        harness.Store.IsDown = true;

        await Assert.ThrowsAsync<BacklogStoreException>(() => harness.DriveAsync(harness.Backlog.DeadLetters.DropAsync(null, default)));
        Assert.Equal(new StreamLedger(4, 2, 2, 0, 0, 0, 0), harness.Ledger);
        Assert.Equal(0, harness.Backlog.Status.DeadLetters);

        harness.Store.IsDown = false;
        Assert.Equal(0, await harness.DriveAsync(harness.Backlog.DeadLetters.DropAsync(null, default)));
        Assert.Equal(new StreamLedger(4, 2, 2, 0, 0, 0, 0), harness.Ledger);
        Assert.Empty(harness.Store.SegmentsOf(BacklogHarness.Stream, SegmentLogKind.DeadLetters));
    }

    /// <summary>Records in the engines of an ordered stream do not expire one by one. The store lets go of them a day after that age all the same.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task MaxAge_SetsAsideWhatIsTooOld(OrderedMode mode)
    {
        await using var harness = new BacklogHarness(configure: o =>
        {
            o.Ordered = mode;
            o.BacklogMaxAge = TimeSpan.FromMinutes(1);
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(200));
        await harness.PassAsync(TimeSpan.FromSeconds(90), stepMs: 50);

        Assert.Equal((200, 0), (harness.Ledger.DeadLettered, harness.Ledger.InBacklog));
        var letters = await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 1_000, default));
        Assert.Equal(200, letters.Count);
        Assert.All(letters, static l => Assert.Equal(RecordErrorCodes.Expired, l.ErrorCode));
        harness.Kinesis.ComeBack();
    }

    /// <summary>
    /// The replay waited for a dead letter, and that for room: nothing was delivered, so nothing was deleted, and there never was room.
    /// </summary>
    [Fact]
    public async Task MaxAge_WhereThereIsNoRoomForDeadLetters_DoesNotStopTheYounger()
    {
        await using var harness = new BacklogHarness(
            configure: static o => (o.BacklogMaxAge, o.RecordTtl) = (TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5)));
        harness.Store.Before = static (call, _) => call is { What: StoreCallKind.Append, Kind: SegmentLogKind.DeadLetters }
            ? throw new BacklogStoreException("there is no room for letters", isFull: true) : Task.CompletedTask;
        harness.Kinesis.GoAway();
        for (var i = 0; i < 20; i++)
            await harness.PersistAsync(new UserRecord($"old-{i}", "old"u8.ToArray()));
        await harness.PassAsync(TimeSpan.FromSeconds(40), stepMs: 50);
        await harness.PersistAsync(new UserRecord("young", "young"u8.ToArray()));
        await harness.PassAsync(TimeSpan.FromSeconds(40), stepMs: 50);

        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Seen.ContainsKey("young"), stepMs: 20);
        Assert.Equal((20, 0), (harness.Ledger.InBacklog, harness.Ledger.DeadLettered));
        Assert.Contains("no room", harness.Backlog.Status.StoreError, StringComparison.Ordinal);

        harness.Store.Before = static (_, _) => Task.CompletedTask;
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 1, DeadLettered: 20 }, stepMs: 20);
        Assert.Null(harness.Backlog.Status.StoreError);
    }

    /// <summary>They are counted at the start, and read when an operator asks for them.</summary>
    [Fact]
    public async Task Letters_ThatCannotBeRead_CountAsUnknown()
    {
        await using var harness = new BacklogHarness(configure: static o => o.AggregationEnabled = false);
        Poison(harness, "key-1");
        await harness.PersistAsync(PipelineHarness.Records(2));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 1, DeadLettered: 1 });
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        var (number, bytes) = Assert.Single(harness.Store.SegmentsOf(BacklogHarness.Stream, SegmentLogKind.DeadLetters));
        bytes[^1] ^= 1;
        harness.Store.Replace(BacklogHarness.Stream, SegmentLogKind.DeadLetters, number, bytes);

        harness.Crash();
        await harness.PersistAsync(PipelineHarness.Record(50));
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 1, DeadLettered: 1 });
        Assert.Empty(await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 100, default)));

        Assert.Equal((0, 1), (harness.Backlog.Status.DeadLetters, harness.Backlog.Status.DamagedSegments));
        Assert.Equal(1, harness.Metrics.Of("BacklogSegmentsDamaged").Total);
        Assert.Equal((2, 1, 0), (harness.Ledger.Accepted, harness.Ledger.Unknown, harness.Ledger.DeadLettered));
    }

    /// <summary>Where some records may be kept, each that fails ends by itself: it was counted for the stream, and for none of its shards.</summary>
    [Fact]
    public async Task RecordThatIsNotKept_FailsUnderTheTagOfItsShard()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o => (o.AggregationEnabled, o.HighWaterMode) = (false, HighWaterMode.Spill));
        Poison(harness, "key-1");
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Records(2)));

        Assert.Equal((1, 1), (harness.Ledger.Delivered, harness.Ledger.Failed));
        Assert.Equal(1, harness.Metrics.Of("UserRecordsFailed", "ShardId=shardId-000000000000").Total);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SegmentThatCannotBeRead_IsMovedOutOfTheWay_TheRestGoesOn(bool isOfALaterVersion)
    {
        await using var harness = new BacklogHarness();
        harness.Kinesis.GoAway();
        for (var i = 0; i < 3; i++)
            await harness.PersistAsync([.. Enumerable.Range(i * 100, 100).Select(n => PipelineHarness.Record(n))]);
        var (number, bytes) = harness.Store.SegmentsOf(BacklogHarness.Stream).OrderBy(static s => s.Key).ElementAt(1);
        var changed = (byte[])bytes.Clone();
        if (isOfALaterVersion)
            changed[0] = 9;
        else
            changed[^20] ^= 1;
        harness.Store.Replace(BacklogHarness.Stream, SegmentLogKind.Records, number, changed);

        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 200);

        await harness.DriveUntilAsync(() => harness.Backlog.Status.DamagedSegments == 1);
        // /health, kpl status and the page said that all is well.
        var condition = ConditionRules.Judge(harness.Producer.Health, harness.Time.GetUtcNow(), 0);
        Assert.Equal((ConditionSeverity.Bad, ConditionCodes.SegmentsDamaged), (condition.Severity, condition.Code));
        Assert.Equal(changed, harness.Store.SetAside(BacklogHarness.Stream)[number]);
        Assert.Contains(harness.Events.Said, static s => s.StartsWith("set aside", StringComparison.Ordinal));
        Assert.Equal(200, harness.Seen.Count);
    }

    private static readonly EqualityComparer<DeadLetter> Comparer = EqualityComparer<DeadLetter>.Create(static (a, b) => a!.Number == b!.Number);

    private static void Poison(BacklogHarness harness, params string[] keys) =>
        harness.Kinesis.Refuse = (entry, _) => keys.Contains(System.Text.Encoding.UTF8.GetString(entry.PartitionKey.Span))
            ? new PutRecordsReplyEntry(null, null, "ValidationException", "poison")
            : null;
}
