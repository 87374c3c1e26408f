using System.Globalization;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.DeadLettering;

/// <summary>Dead letters that are put again into the log of an ordered stream, which reaches <c>BacklogMaxBytes</c> meanwhile.</summary>
public sealed class RequeueAtTheLimitTests
{
    private const int Letters = 2_500;

    private readonly Random _random = new(1);

    /// <summary>The letters waited for the requeue, that for room, which came as segments ended, and those waited for the letters.</summary>
    [Fact]
    public async Task Requeue_WhereTheFirstAreRefusedAgain_TheReplayGoesOn()
    {
        await using var harness = NewHarness();
        await SetAsideAsync(harness, segments: 1);
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "ValidationException", "poison");
        await OpenAsync(harness);
        var began = harness.Time.GetUtcNow();

        var requeueing = harness.Backlog.RequeueDeadLettersAsync(null, default);
        await harness.DriveUntilAsync(() => harness.Ledger.DeadLettered > Letters, stepMs: 20);

        Assert.InRange(harness.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(Letters, await harness.DriveAsync(requeueing, stepMs: 20));
        await harness.EndAllAsync(stepMs: 20);
        Assert.Equal((Letters, 0), (harness.Ledger.DeadLettered, harness.Ledger.Failed));
    }

    /// <summary>A part was in the backlog, and stayed with the letters: it was delivered twice. And nobody told how many there were.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task Requeue_OfMoreThanThereIsRoomFor_TakesWhatIsDurable_AndTheNextOneTheRest(int segments, bool crashes)
    {
        await using var harness = NewHarness();
        var all = await SetAsideAsync(harness, segments);
        harness.Kinesis.GoAway();
        await OpenAsync(harness);
        var (began, before) = (harness.Time.GetUtcNow(), harness.Ledger);

        var error = await Assert.ThrowsAsync<BacklogStoreException>(
            () => harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default), stepMs: 20));

        Assert.InRange(harness.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Contains("BacklogMaxBytes 1048576", error.Message, StringComparison.Ordinal);
        var taken = (int)harness.Ledger.InBacklog;
        Assert.InRange(taken, 1, Letters - 1);
        Assert.StartsWith($"{taken} of {all} dead letters are in the backlog again", error.Message, StringComparison.Ordinal);
        Assert.Equal(all - taken, harness.Backlog.Status.DeadLetters);
        // Those that were refused were accepted and failed once more, each time.
        Assert.Equal(before with { InBacklog = taken, DeadLettered = all - taken }, harness.Ledger);
        Assert.DoesNotContain(harness.Events.Said, static s => s.StartsWith("record failed", StringComparison.Ordinal));
        if (crashes)
            harness.Crash();
        harness.Kinesis.ComeBack();
        await OpenAsync(harness);
        await harness.DriveUntilAsync(() => harness.Seen.Count == taken, stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0);
        var left = all - taken;
        while (left > 0)
            left -= await RequeueAsync(harness, left);
        await harness.EndAllAsync(stepMs: 20);

        Assert.Equal(0, harness.Backlog.Status.DeadLetters);
        Assert.Equal(all, harness.Seen.Count);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }

    /// <summary>It waited for as long as the log could not be opened, kept all other commands out, and was carried out when nobody knew of it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requeue_WhereTheLogCannotBeOpened_Ends_AndTheLettersCanBeDropped(bool stops)
    {
        var harness = new LoneBacklogHarness();
        await SetOneAsideAsync(LoneBacklogHarness.Stream, harness.Store);
        Silence(harness.Store, StoreCallKind.Open);
        var requeue = harness.Backlog.RequeueDeadLettersAsync(null, default);
        await (stops ? harness.Backlog.CloseAsync() : harness.PassAsync(15_000));

        var error = await Assert.ThrowsAsync<BacklogStoreException>(() => requeue.WaitAsync(Waiting.Long));
        Assert.StartsWith("none of 1 dead letters is in the backlog again", error.Message, StringComparison.Ordinal);
        if (!stops)
            Assert.Equal(1, await harness.Backlog.DeadLetters.DropAsync(null, default).WaitAsync(Waiting.Long));
    }

    /// <summary>They would wait for as long as records live, and whoever asked for it hears nothing after 40 s.</summary>
    [Fact]
    public async Task Requeue_WhereNothingTakesTheLetters_EndsAfterTenSeconds_AndTheyAreLettersAsBefore()
    {
        await using var harness = new BacklogHarness(1, static o => o.RecordTtl = TimeSpan.FromMinutes(5));
        Silence(harness.Store, StoreCallKind.Append);
        await SetOneAsideAsync(BacklogHarness.Stream, harness.Store);
        harness.Kinesis.GoAway();
        await OpenAsync(harness);
        var began = harness.Time.GetUtcNow();

        var error = await Assert.ThrowsAsync<BacklogStoreException>(
            () => harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default), stepMs: 20));

        Assert.InRange(harness.Time.GetUtcNow() - began, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(12));
        Assert.StartsWith("none of 1 dead letters is in the backlog again", error.Message, StringComparison.Ordinal);
        Assert.Equal(new StreamLedger(1, 0, 0, 0, 0, 0, 1), harness.Ledger);
        harness.Kinesis.ComeBack();
    }

    private static async Task SetOneAsideAsync(string stream, MemoryBacklogStore store)
    {
        await using var log = await DeadLetterLog.OpenAsync(stream, store, new RecordingEvents(), new FakeTimeProvider(), default);
        await log.AddAsync([new DeadLetter { Record = UserRecord.FromText("key", "data"), ErrorCode = "InvalidArgument" }], default);
    }

    /// <summary>The store does not answer such calls to a log of records.</summary>
    private static void Silence(MemoryBacklogStore store, StoreCallKind calls) => store.Before = (call, token) =>
        call.What == calls && call.Kind == SegmentLogKind.Records ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask;

    private static async Task<int> RequeueAsync(BacklogHarness harness, int left)
    {
        try
        {
            return await harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default), stepMs: 20);
        }
        catch (BacklogStoreException e)
        {
            Assert.StartsWith(left.ToString(CultureInfo.InvariantCulture), e.Message.Split(" of ")[1], StringComparison.Ordinal);
            await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
            return int.Parse(e.Message.Split(' ')[0], CultureInfo.InvariantCulture);
        }
    }

    private static BacklogHarness NewHarness() =>
        new(shards: 1, configure: static o => (o.Ordered, o.BacklogMaxBytes) = (OrderedMode.PutRecords, 1 << 20));

    /// <summary>Opens the stream, and with it the letters that an earlier process left.</summary>
    private static async Task OpenAsync(BacklogHarness harness)
    {
        await harness.OpenAsync();
        await harness.DriveUntilAsync(() => harness.Ledger.DeadLettered > 0);
    }

    /// <summary>Leaves letters of an earlier process, of 1,000 bytes that compress little. Returns how many.</summary>
    private async Task<int> SetAsideAsync(BacklogHarness harness, int segments)
    {
        await using var log = await DeadLetterLog.OpenAsync(BacklogHarness.Stream, harness.Store, harness.Events, harness.Time, default);
        for (var segment = 0; segment < segments; segment++)
            await log.AddAsync([.. Enumerable.Range(segment * Letters, Letters).Select(Letter)], default);
        return segments * Letters;

        DeadLetter Letter(int i)
        {
            var bytes = new byte[750];
            _random.NextBytes(bytes);
            return new DeadLetter
            {
                Record = new UserRecord($"key-{i % 40}", Encoding.UTF8.GetBytes($"{i:D6}:{Convert.ToBase64String(bytes)}")),
                ErrorCode = "ValidationException",
                PersistedAt = harness.Time.GetUtcNow(),
                SetAsideAt = harness.Time.GetUtcNow(),
            };
        }
    }
}
