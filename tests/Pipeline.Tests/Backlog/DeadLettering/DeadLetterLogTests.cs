using Orleans.Kpl.Pipeline.Backlog.DeadLettering;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.DeadLettering;

/// <summary>The dead letters of one stream, over a store in memory.</summary>
public sealed class DeadLetterLogTests
{
    private const string Stream = "events";

    private readonly MemoryBacklogStore _store = new();
    private readonly RecordingEvents _events = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task ListAsync_PagesThroughAllOfThem()
    {
        await using var letters = await OpenAsync();
        await letters.AddAsync([Letter("a"), Letter("b"), Letter("c")], default);
        await letters.AddAsync([Letter("d"), Letter("e")], default);
        var (seen, after) = (new List<string>(), 0L);
        while (await letters.ListAsync(after, 2, long.MaxValue, default) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            seen.AddRange(page.Select(l => l.Record.PartitionKey));
            after = page[^1].Number;
        }

        Assert.Equal(["a", "b", "c", "d", "e"], seen);
    }

    [Fact]
    public async Task DropAsync_TakesThoseThatAreMeant_ForGood()
    {
        await using var letters = await OpenAsync();
        await letters.AddAsync([Letter("a"), Letter("b"), Letter("c")], default);
        var numbers = (await letters.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Number).ToList();

        Assert.Equal(1, await letters.DropAsync([numbers[1], numbers[1], numbers[2] + 1_000], Uncounted, default));
        Assert.Equal(0, await letters.DropAsync([numbers[1]], Uncounted, default));

        await using var reopened = await OpenAsync();
        Assert.Equal(["a", "c"], (await reopened.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Record.PartitionKey));
        Assert.Equal(2, await reopened.DropAsync(null, Uncounted, default));
        Assert.Empty(_store.SegmentsOf(Stream, SegmentLogKind.DeadLetters));
    }

    /// <summary>A process that was killed under way put all of them again the next time.</summary>
    [Fact]
    public async Task RequeueAsync_OfManySegments_SavesEachThatWasTaken()
    {
        await using var letters = await OpenAsync();
        for (var i = 0; i < 3; i++)
            await letters.AddAsync([Letter($"{i}")], default);
        var (put, left) = (0, new List<string>());

        await Assert.ThrowsAsync<InvalidOperationException>(() => letters.RequeueAsync(
            null,
            async _ =>
            {
                if (++put < 3)
                    return;
                await using var next = await OpenAsync();
                left.AddRange((await next.ListAsync(0, 10, long.MaxValue, default)).Select(static l => l.Record.PartitionKey));
                throw new InvalidOperationException("the process is killed here");
            },
            default));

        Assert.Equal(["2"], left);
    }

    /// <summary>A tier's caller hears nothing after 40 s. The command went on, and a drop that was told as failed was carried out behind it.</summary>
    [Fact]
    public async Task RequeueAsync_OfManySegments_EndsInTime_AndNoCommandIsCarriedOutBehindIt()
    {
        await using var letters = await OpenAsync();
        for (var i = 0; i < 30; i++)
            await letters.AddAsync([Letter($"{i}")], default);
        var held = new TaskCompletionSource();
        var requeue = letters.RequeueAsync(
            null,
            async _ =>
            {
                await held.Task;
                _time.Advance(TimeSpan.FromSeconds(1));
            },
            default);
        var drop = letters.DropAsync(null, static _ => { }, default);
        _time.Advance(TimeSpan.FromSeconds(20));
        var refused = await Assert.ThrowsAsync<BacklogStoreException>(() => drop);
        held.SetResult();
        var ended = await Assert.ThrowsAsync<BacklogStoreException>(() => requeue);

        Assert.Contains("another command on the dead letters of", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("1 of 30 dead letters are in the backlog again; requeue the others later, because one requeue takes 20 s at most", ended.Message, StringComparison.Ordinal);
        Assert.Equal(29, letters.Count);
    }

    /// <summary>All that had ever been set aside was read at each start, to be counted.</summary>
    [Fact]
    public async Task OpenAsync_OfSegmentsThatTheStoreCounted_ReadsNone()
    {
        await using (var letters = await OpenAsync())
        {
            for (var i = 0; i < 100; i++)
                await letters.AddAsync([Letter("a"), Letter("b")], default);
            await letters.DropAsync([(await letters.ListAsync(0, 1, long.MaxValue, default))[0].Number], Uncounted, default);
        }

        var before = _store.ReadCount;
        await using var reopened = await OpenAsync();

        Assert.Equal((199, before), (reopened.Count, _store.ReadCount));
    }

    /// <summary>The log said that its segment was gone, and not where it lay.</summary>
    [Fact]
    public async Task ListAsync_OfADamagedSegmentWhoseMoveGotNoAnswer_TellsWhatIsWrongWithIt()
    {
        await using (var former = await OpenAsync())
        {
            await former.AddAsync([Letter("a")], default);
            await former.AddAsync([Letter("b")], default);
        }

        await using var letters = await OpenAsync();
        _store.Damage(Stream, SegmentLogKind.DeadLetters);
        _store.LosesAnswerOf(StoreCallKind.SetAside);
        await Assert.ThrowsAsync<BacklogStoreException>(() => letters.ListAsync(0, 10, long.MaxValue, default));
        Assert.Equal(["b"], (await letters.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Record.PartitionKey));

        var said = Assert.Single(_events.Said, static s => s.StartsWith("set aside", StringComparison.Ordinal));
        Assert.DoesNotContain("gone", said, StringComparison.Ordinal);
        Assert.Single(_store.SetAside(Stream, SegmentLogKind.DeadLetters));
    }

    /// <summary>A store that keeps a segment in pieces has none of it where one piece is missing. Nobody was told that its letters are gone.</summary>
    [Fact]
    public async Task ListAsync_OfASegmentThatIsGone_TellsIt()
    {
        await using var letters = await OpenAsync();
        var lost = 0;
        letters.Lost = count => lost += count;
        await letters.AddAsync([Letter("a"), Letter("b")], default);
        await letters.AddAsync([Letter("c")], default);
        _store.Lose(Stream, SegmentLogKind.DeadLetters, _store.SegmentsOf(Stream, SegmentLogKind.DeadLetters).Keys.Min());

        Assert.Equal(["c"], (await letters.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Record.PartitionKey));
        Assert.Equal((2, 1, 1), (lost, letters.Count, letters.Damaged));
        Assert.Contains("set aside the segment is gone", _events.Said);
    }

    /// <summary>It repeated its write for ever and held the turn: drop, which would have made room, waited for it.</summary>
    [Fact]
    public async Task AddAsync_WhereThereIsNoRoom_GivesUp_AndLettersCanBeDropped()
    {
        await using var letters = await OpenAsync();
        await letters.AddAsync([Letter("a")], default);
        _store.IsFull = true;

        Assert.True((await Assert.ThrowsAsync<BacklogStoreException>(() => letters.AddAsync([Letter("b")], default).WaitAsync(Waiting.Long))).IsFull);
        Assert.Equal(1, await letters.DropAsync(null, Uncounted, default));

        _store.IsFull = false;
        await letters.AddAsync([Letter("c")], default);
        Assert.Equal(["c"], (await letters.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Record.PartitionKey));
        await using var reopened = await OpenAsync();
        Assert.Equal(["c"], (await reopened.ListAsync(0, 10, long.MaxValue, default)).Select(l => l.Record.PartitionKey));
    }

    /// <summary>Whoever is told that a letter was not kept hands it over again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_OfALetterThatWasGivenUp_KeepsItOnce(bool isWritten)
    {
        await using var letters = await OpenAsync();
        (_store.LosesAcknowledgements, _store.IsDown) = (isWritten, !isWritten);
        var adding = letters.AddAsync([Letter("a")], default);
        for (var step = 0; step < 100 && !adding.IsCompleted; step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await PipelineHarness.SettleAsync();
        }

        Assert.IsType<BacklogStoreException>(adding.Exception?.InnerException);
        (_store.LosesAcknowledgements, _store.IsDown) = (false, false);
        await letters.AddAsync([Letter("a")], default);

        Assert.Equal(1, letters.Count);
        Assert.Single(await letters.ListAsync(0, 10, long.MaxValue, default));
        await using var reopened = await OpenAsync();
        Assert.Single(await reopened.ListAsync(0, 10, long.MaxValue, default));
    }

    private static void Uncounted(int dropped)
    {
        // The answer tells it too.
    }

    private Task<DeadLetterLog> OpenAsync() => DeadLetterLog.OpenAsync(Stream, _store, _events, _time, default);

    private DeadLetter Letter(string key) => new()
    {
        Record = new UserRecord(key, Encoding.UTF8.GetBytes($"data of {key}")),
        ErrorCode = "InvalidArgument",
        ErrorMessage = "as the test says",
        PersistedAt = _time.GetUtcNow(),
        SetAsideAt = _time.GetUtcNow(),
    };
}
