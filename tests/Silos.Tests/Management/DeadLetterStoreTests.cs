using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class DeadLetterStoreTests
{
    private readonly MemoryBacklogStore _store = new();
    private readonly FakeTimeProvider _time = new();

    /// <summary>
    /// A silo gives up after two minutes, and reports the same records under another id. Once the store took writes again, each of those reports was kept.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_WhichTheStoreDoesNotTake_FailsInTime_AndLeavesNothing(bool answers)
    {
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        Assert.Equal(0, await letters.CountAsync());
        _store.IsDown = answers;
        if (!answers)
            _store.Hang();
        for (var report = 0; report < 3; report++)
        {
            var adding = letters.AddAsync(NewReport());
            var began = _time.GetUtcNow();
            await _time.PassUntilAsync(() => adding.IsCompleted, TimeSpan.FromSeconds(1));
            Assert.IsType<BacklogStoreException>(adding.Exception?.InnerException);
            Assert.InRange(_time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }

        _store.IsDown = false;
        _store.Release();
        var last = NewReport();
        await letters.AddAsync(last);
        await letters.AddAsync(last);

        Assert.Equal(1, await letters.CountAsync());
        Assert.Single(await letters.ListAsync(0, 10));
    }

    /// <summary>All segments were read, each page of 1,000 letters its whole segment again, and the list kept the last 10,000 of all.</summary>
    [Fact]
    public async Task ReadyAsync_WithManySegments_ReadsAndListsTheNewest()
    {
        const int Segments = 5;
        await using (var former = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory())))
        {
            for (var segment = 0; segment < Segments; segment++)
                await former.AddAsync(NewReport(FailureList.MostFailures, $"segment-{segment}"));
        }

        var (before, failures) = (_store.ReadCount, new FailureList(_time.GetUtcNow(), new FailureMemory()));
        await using var letters = NewStore(failures);
        await letters.ReadyAsync();

        Assert.Equal(1, _store.ReadCount - before);
        Assert.Equal(Segments * FailureList.MostFailures, await letters.CountAsync());
        var last = Segments * FailureList.MostFailures;
        Assert.Equal(last - FailureList.MostFailures, failures.Page(0, 1).Missed);
        Assert.Equal([.. Enumerable.Range(last - 2, 3)], failures.Page(last - 3, 10).Entries.Select(static e => (int)e.Number));
        Assert.All(failures.Page(0, 2).Entries, static e => Assert.Equal("segment-4", e.Result.Record?.PartitionKey));
    }

    /// <summary>Each page read all segments that could fill it by their number, and gave most of what it had read away.</summary>
    [Fact]
    public async Task ListAsync_OfLargeLetters_PageByPage_ReadsEachSegmentAboutOnce()
    {
        const int Segments = 40;
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        for (var i = 0; i < Segments; i++)
            await letters.AddAsync(NewReport(bytes: 128 << 10));
        var (before, seen) = (_store.ReadCount, new List<long>());
        while (await letters.ListAsync(seen.LastOrDefault(), 1_000 - seen.Count) is { Length: > 0 } page)
            seen.AddRange(page.Select(static l => l.Number));

        Assert.Equal(Segments, seen.Distinct().Count());
        Assert.InRange(_store.ReadCount - before, Segments, 50);
    }

    /// <summary>The segment is opened unread. Its letters went out of the tier's ledger without a status.</summary>
    [Fact]
    public async Task ListAsync_OfASegmentThatIsDamaged_CountsItsLettersAsLost()
    {
        await using (var former = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory())))
        {
            for (var segment = 0; segment < 2; segment++)
                await former.AddAsync(NewReport(FailureList.MostFailures, $"segment-{segment}"));
        }

        var (number, bytes) = _store.SegmentsOf("events", SegmentLogKind.DeadLetters).MinBy(static s => s.Key);
        bytes[^1] ^= 1;
        _store.Replace("events", SegmentLogKind.DeadLetters, number, bytes);
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        Assert.Equal((2 * FailureList.MostFailures, 0), (await letters.CountAsync(), letters.Lost));

        Assert.NotEmpty(await letters.ListAsync(0, 10));
        Assert.Equal((FailureList.MostFailures, FailureList.MostFailures), (await letters.CountAsync(), letters.Lost));
    }

    /// <summary>Whoever may ask for the status of a stream may name any: each name left a log in the table for ever.</summary>
    [Fact]
    public async Task Reading_OfAStreamThatHasNone_LeavesNoLog_AndTheFirstLetterMakesIt()
    {
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        await letters.ReadyAsync();
        Assert.Equal((0, 0), (await letters.CountAsync(), await letters.DamagedAsync()));
        Assert.Empty(await letters.ListAsync(0, 10));
        Assert.Equal((0, 0), (await letters.RequeueAsync(null, static _ => Task.CompletedTask), await letters.DropAsync(null)));
        Assert.False(await _store.HasAsync("events", SegmentLogKind.DeadLetters, CancellationToken.None));

        await letters.AddAsync(NewReport());
        Assert.Single(await letters.ListAsync(0, 10));
        await using var next = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        Assert.Equal(1, await next.CountAsync());
    }

    /// <summary>Each ledger of each stream asked the store, and there was none while it did not answer.</summary>
    [Fact]
    public async Task CountAsync_OfAStreamThatHasNone_AsksOnceAMinute_AndNeedsNoStoreAfterwards()
    {
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        _store.IsDown = true;
        await Assert.ThrowsAsync<BacklogStoreException>(letters.CountAsync);
        _store.IsDown = false;
        Assert.Equal(0, await letters.CountAsync());
        var before = _store.HasCount;
        _store.IsDown = true;
        for (var minute = 0; minute < 3; minute++)
        {
            for (var i = 0; i < 10; i++)
                Assert.Equal((0, 0), (await letters.CountAsync(), await letters.DamagedAsync()));
            Assert.Equal(minute, _store.HasCount - before);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        _store.IsDown = false;
        await letters.AddAsync(NewReport());
        Assert.Equal(1, await letters.CountAsync());
    }

    /// <summary>The manager before may have got one meanwhile, as long as it is not shut out.</summary>
    [Fact]
    public async Task CountAsync_WhereTheManagerBeforeKeepsOne_FindsItWithinAMinute()
    {
        await using var former = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        await using var letters = NewStore(new FailureList(_time.GetUtcNow(), new FailureMemory()));
        Assert.Equal(0, await letters.CountAsync());
        await former.AddAsync(NewReport());
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, await letters.CountAsync());
    }

    private DeadLetterStore NewStore(FailureList failures) => new("events", _store, failures, new RecordingEvents(), _time);

    private DeadLetterBatch NewReport(int letters = 1, string key = "key", int bytes = 4) => new(
        Guid.NewGuid(),
        [
            .. Enumerable.Range(0, letters).Select(_ => new DeadLetter
            {
                Record = new UserRecord(key, new byte[bytes]), ErrorCode = "InvalidArgument", PersistedAt = _time.GetUtcNow(), SetAsideAt = _time.GetUtcNow(),
            }),
        ],
        "silo");
}
