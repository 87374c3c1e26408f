using System.Text;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

/// <summary>What every store of the backlog does. Run over memory, files and DynamoDB.</summary>
public abstract class BacklogStoreSuite : IAsyncLifetime
{
    private const string Stream = "events";

    /// <summary>Milliseconds that pass only where something is stuck, also where each write waits for a disk that is slow and busy.</summary>
    private const int Limit = 600_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Whether what is removed is gone at once, and not only in time.</summary>
    private protected virtual bool RemovesAtOnce => true;

    /// <summary>The store of a process that starts; each sees what the former ones left.</summary>
    private protected abstract Task<IBacklogStore> StartAsync();

    /// <summary>Another process takes over what a former one had, which may not know of it.</summary>
    private protected abstract Task<IBacklogStore> TakeOverAsync(IBacklogStore former);

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact(Timeout = Limit)]
    public async Task OpenAsync_WhenNothingIsThere_IsEmpty()
    {
        await using var store = await StartAsync();
        await using var log = await OpenAsync(store);

        Assert.Empty(log.Found);
        Assert.True(log.Progress.IsEmpty);
        Assert.True(log.NextNumber >= 1);
        Assert.True(log.MaxAppends >= 1);
        Assert.InRange(log.TargetSegmentBytes, 10_000, log.MaxSegmentBytes);
        Assert.Null(await log.ReadAsync(log.NextNumber, Cancelled));
    }

    [Fact(Timeout = Limit)]
    public async Task AppendAsync_ThenReopened_IsThereInOrder()
    {
        var store = await StartAsync();
        var written = new List<(long Number, byte[] Segment)>();
        await using (var log = await OpenAsync(store))
        {
            for (var i = 0; i < 12; i++)
            {
                written.Add((log.NextNumber + i, Noise(i * 100 + 1)));
                await log.AppendAsync(written[i].Number, written[i].Segment, Cancelled);
                Assert.Equal(written[i].Segment, await log.ReadAsync(written[i].Number, Cancelled));
            }
        }

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Equal(written.Select(w => new SegmentEntry(w.Number, w.Segment.Length)), found.Found);
        Assert.True(found.NextNumber > written[^1].Number);
        foreach (var (number, segment) in written)
            Assert.Equal(segment, await found.ReadAsync(number, Cancelled));
    }

    [Fact(Timeout = Limit)]
    public async Task AppendAsync_WithManyUnderWay_KeepsAll()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        for (var i = 0; i < 5; i++)
            await Task.WhenAll(Enumerable.Range(0, log.MaxAppends)
                .Select(j => log.AppendAsync(log.NextNumber + i * log.MaxAppends + j, Noise(2_000 + j), Cancelled)));

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Equal(5 * log.MaxAppends, found.Found.Count);
        Assert.Equal(found.Found.OrderBy(f => f.Number), found.Found);
    }

    [Fact(Timeout = Limit)]
    public async Task AppendAsync_WhenTheSameIsWrittenAgain_IsThereOnce()
    {
        await using var store = await StartAsync();
        var log = await OpenAsync(store);
        var segment = Noise(5_000);
        await log.AppendAsync(log.NextNumber, segment, Cancelled);
        await log.AppendAsync(log.NextNumber, segment, Cancelled);

        await using var again = await OpenAsync(store);
        Assert.Equal(new SegmentEntry(log.NextNumber, 5_000), Assert.Single(again.Found));
    }

    [Fact(Timeout = Limit)]
    public async Task AppendAsync_WhenTheNumberIsAFormerOne_IsRefused()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        await log.AppendAsync(log.NextNumber, Noise(10), Cancelled);
        await using var again = await OpenAsync(store);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => again.AppendAsync(again.NextNumber - 1, Noise(10), Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => again.AppendAsync(again.NextNumber, new byte[again.MaxSegmentBytes + 1], Cancelled));
        await store.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task AppendAsync_WhenAtTheLimit_IsReadBack()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        int[] sizes = [log.TargetSegmentBytes, log.TargetSegmentBytes + 1, 11 << 20, log.MaxSegmentBytes];
        for (var i = 0; i < sizes.Length; i++)
            await log.AppendAsync(log.NextNumber + i, Noise(sizes[i]), Cancelled);
        await log.AppendAsync(log.NextNumber + sizes.Length - 1, Noise(sizes[^1]), Cancelled);

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Equal(sizes, found.Found.Select(f => f.Bytes));
        foreach (var entry in found.Found)
        {
            var read = await found.ReadAsync(entry.Number, Cancelled);
            Assert.True(Noise(entry.Bytes).AsSpan().SequenceEqual(read));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task SaveProgressAsync_ThenReopened_IsTheLastOne()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        await log.SaveProgressAsync(Noise(100), Cancelled);
        await log.SaveProgressAsync(Noise(32 << 10), Cancelled);

        store = await RestartAsync(store);
        log = await OpenAsync(store);
        Assert.Equal(Noise(32 << 10), log.Progress.ToArray());
        await log.SaveProgressAsync(ReadOnlyMemory<byte>.Empty, Cancelled);

        await using var next = await RestartAsync(store);
        Assert.True((await OpenAsync(next)).Progress.IsEmpty);
    }

    [Fact(Timeout = Limit)]
    public async Task RemoveAsync_OfAll_LetsNoNumberBeUsedAgain()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        var numbers = Enumerable.Range(0, 6).Select(i => log.NextNumber + i).ToList();
        foreach (var number in numbers)
            await log.AppendAsync(number, Noise(50), Cancelled);
        await log.RemoveAsync(numbers, Cancelled);
        await log.RemoveAsync(numbers, Cancelled);
        await log.SaveProgressAsync(Noise(1), Cancelled);

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Empty(found.Found);
        Assert.True(found.NextNumber > numbers[^1]);
    }

    [Fact(Timeout = Limit)]
    public async Task RemoveAsync_OfSome_LeavesTheOthers()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        var first = log.NextNumber;
        for (var i = 0; i < 6; i++)
            await log.AppendAsync(first + i, Noise(50 + i), Cancelled);
        await log.RemoveAsync([first, first + 1, first + 4], Cancelled);
        await log.SaveProgressAsync(Noise(1), Cancelled);

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        var left = found.Found.Select(f => f.Number - first).ToList();
        Assert.Equal(RemovesAtOnce ? [2L, 3, 5] : [2L, 3, 4, 5], left);
        Assert.Equal(Noise(53), await found.ReadAsync(first + 3, Cancelled));
        await found.AppendAsync(found.NextNumber, Noise(9), Cancelled);
        Assert.Equal(Noise(55), await found.ReadAsync(first + 5, Cancelled));
    }

    [Fact(Timeout = Limit)]
    public async Task RemoveAsync_OfDeadLetters_IsAtOnce()
    {
        var store = await StartAsync();
        var log = await store.OpenAsync(Stream, SegmentLogKind.DeadLetters, Cancelled);
        for (var i = 0; i < 30; i++)
            await log.AppendAsync(log.NextNumber + i, Noise(20), Cancelled);
        await log.RemoveAsync([.. Enumerable.Range(1, 28).Select(i => log.NextNumber + i)], Cancelled);

        await using var next = await RestartAsync(store);
        var found = await next.OpenAsync(Stream, SegmentLogKind.DeadLetters, Cancelled);
        Assert.Equal([log.NextNumber, log.NextNumber + 29], found.Found.Select(f => f.Number));
    }

    [Fact(Timeout = Limit)]
    public async Task OpenAsync_WithHoles_GivesWhatIsThere()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        var first = log.NextNumber;
        // The second of those under way was never made.
        await log.AppendAsync(first, Noise(1), Cancelled);
        if (log.MaxAppends > 2)
            await log.AppendAsync(first + 2, Noise(3), Cancelled);

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Equal(log.MaxAppends > 2 ? [first, first + 2] : [first], found.Found.Select(f => f.Number));
        Assert.Null(await found.ReadAsync(first + 1, Cancelled));
        Assert.True(found.NextNumber > first + 2 || log.MaxAppends < 3);
        await found.AppendAsync(found.NextNumber, Noise(4), Cancelled);
    }

    [Fact(Timeout = Limit)]
    public async Task OpenAsync_WhenAnotherHadIt_FencesTheFormer()
    {
        var store = await StartAsync();
        var former = await OpenAsync(store);
        await former.AppendAsync(former.NextNumber, Noise(1), Cancelled);
        await using var later = await TakeOverAsync(store);
        await using var log = await OpenAsync(later);

        await Assert.ThrowsAsync<BacklogFencedException>(() => former.AppendAsync(former.NextNumber + 1, Noise(2), Cancelled));
        await Assert.ThrowsAsync<BacklogFencedException>(() => former.SaveProgressAsync(Noise(2), Cancelled));
        await log.AppendAsync(log.NextNumber, Noise(3), Cancelled);
        await log.SaveProgressAsync(Noise(3), Cancelled);
        Assert.Single(log.Found);
        Assert.Equal(Noise(3), await log.ReadAsync(log.NextNumber, Cancelled));
    }

    [Fact(Timeout = Limit)]
    public async Task OpenAsync_WhileTheFormerWrites_FindsAllItWasToldOf()
    {
        var store = await StartAsync();
        for (var round = 0; round < 8; round++)
        {
            var former = await OpenAsync(store);
            var begun = new TaskCompletionSource();
            var writing = WriteUntilFencedAsync(former, begun);
            await begun.Task;
            var later = await TakeOverAsync(store);
            await using var log = await OpenAsync(later);

            var acknowledged = await writing;
            Assert.NotEmpty(acknowledged);
            Assert.Empty(acknowledged.Except(log.Found.Select(f => f.Number)));
            Assert.True(log.NextNumber > acknowledged.Max());
            foreach (var number in acknowledged)
                Assert.Equal(Segment(number), await log.ReadAsync(number, Cancelled));
            store = later;
        }

        await store.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task ListStreamsAsync_TellsThoseWithSegments()
    {
        if (!ListsStreams)
            return; // others tell which logs there are
        string[] streams = ["a", "A", "a.b_c-D", ".dots.", "arn:aws:kinesis:us-east-1:123456789012:stream/events", new string('X', 128)];
        var store = await StartAsync();
        foreach (var stream in streams)
        {
            var log = await store.OpenAsync(stream, SegmentLogKind.Records, Cancelled);
            await log.AppendAsync(log.NextNumber, Encoding.UTF8.GetBytes(stream), Cancelled);
        }

        var letters = await store.OpenAsync("letters-only", SegmentLogKind.DeadLetters, Cancelled);
        await letters.AppendAsync(letters.NextNumber, Noise(10), Cancelled);

        await using var next = await RestartAsync(store);
        Assert.Equal([.. streams.Append("letters-only").Order(StringComparer.Ordinal)], (await next.ListStreamsAsync(Cancelled)).Order(StringComparer.Ordinal));
        foreach (var stream in streams)
        {
            var log = await next.OpenAsync(stream, SegmentLogKind.Records, Cancelled);
            Assert.Equal(stream, Encoding.UTF8.GetString((await log.ReadAsync(Assert.Single(log.Found).Number, Cancelled))!));
            Assert.Empty((await next.OpenAsync(stream, SegmentLogKind.DeadLetters, Cancelled)).Found);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task SetAsideAsync_OfWhatCannotBeRead_LeavesTheRest()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        var first = log.NextNumber;
        byte[] damaged = [.. Segment(first)[..^1], 99];
        byte[] later = [2, .. Noise(5_000)];
        await log.AppendAsync(first, damaged, Cancelled);
        await log.AppendAsync(first + 1, later, Cancelled);
        await log.AppendAsync(first + 2, Segment(first + 2), Cancelled);

        store = await RestartAsync(store);
        log = await OpenAsync(store);
        Assert.Equal(damaged, await log.ReadAsync(first, Cancelled));
        Assert.Equal(later, await log.ReadAsync(first + 1, Cancelled));
        var places = new[] { await log.SetAsideAsync(first, Cancelled), await log.SetAsideAsync(first + 1, Cancelled) };

        Assert.NotEqual(places[0], places[1]);
        Assert.Equal(places[0], await log.SetAsideAsync(first, Cancelled));
        Assert.Equal(later, await ReadAsideAsync(store, places[1], first + 1));
        Assert.Null(await log.ReadAsync(first, Cancelled));
        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);
        Assert.Equal(first + 2, Assert.Single(found.Found).Number);
        Assert.True(found.NextNumber > first + 2);
        Assert.Equal(Segment(first + 2), await found.ReadAsync(first + 2, Cancelled));
    }

    /// <summary>What waits is counted from the first instant, though its segments are read one by one.</summary>
    [Fact(Timeout = Limit)]
    public async Task OpenAsync_OfSegmentsOfRecords_KnowsHowManyRecordsEachHas()
    {
        var store = await StartAsync();
        var log = await OpenAsync(store);
        for (var i = 0; i < 3; i++)
        {
            using var writer = new SegmentWriter(100_000);
            for (var record = 0; record < 5 + i; record++)
                writer.TryAdd("record"u8, i == 1 ? new byte[100] : Noise(100), null, 7);
            await log.AppendAsync(log.NextNumber + i, writer.Encode(), Cancelled);
        }

        await using var next = await RestartAsync(store);
        await using var found = await OpenAsync(next);

        Assert.Equal([5, 6, 7], found.Found.Select(static f => f.Count));
    }

    private protected virtual bool ListsStreams => true;

    /// <summary>The bytes that an operator finds where a segment was set aside.</summary>
    private protected abstract Task<byte[]?> ReadAsideAsync(IBacklogStore store, string place, long number);

    private protected static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(length).NextBytes(noise);
        return noise;
    }

    private protected static Task<ISegmentLog> OpenAsync(IBacklogStore store) => store.OpenAsync(Stream, SegmentLogKind.Records, Cancelled);

    /// <summary>A segment with one record.</summary>
    private protected static byte[] Segment(long number)
    {
        using var writer = new SegmentWriter(100_000);
        writer.TryAdd("record"u8, BitConverter.GetBytes(number), null, number);
        return writer.Encode().ToArray();
    }

    private async Task<IBacklogStore> RestartAsync(IBacklogStore former)
    {
        await former.DisposeAsync();
        return await StartAsync();
    }

    /// <summary>Writes as an owner does: no number before all up to <see cref="ISegmentLog.MaxAppends"/> below it are acknowledged.</summary>
    /// <returns>The numbers that were acknowledged.</returns>
    private static async Task<List<long>> WriteUntilFencedAsync(ISegmentLog log, TaskCompletionSource begun)
    {
        var acknowledged = new List<long>();
        var underWay = new Queue<(long Number, Task Append)>();
        try
        {
            for (var number = log.NextNumber; ; number++)
            {
                // What completes at once must let others come between.
                await Task.Yield();
                underWay.Enqueue((number, log.AppendAsync(number, Segment(number), Cancelled)));
                if (underWay.Count < log.MaxAppends)
                    continue;
                await underWay.Peek().Append;
                acknowledged.Add(underWay.Dequeue().Number);
                if (acknowledged.Count == 6)
                    begun.SetResult();
            }
        }
        catch (BacklogFencedException)
        {
            foreach (var (number, append) in underWay)
            {
                await append.ContinueWith(static _ => { }, TaskScheduler.Default);
                if (append.IsCompletedSuccessfully)
                    acknowledged.Add(number);
            }

            begun.TrySetResult();
            return acknowledged;
        }
    }
}
