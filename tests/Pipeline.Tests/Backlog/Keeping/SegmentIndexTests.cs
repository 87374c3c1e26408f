using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Segments;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

/// <summary>The segments of a log that are not done, over a store in memory.</summary>
/// <remarks>Tests <see cref="SegmentRuns"/> too.</remarks>
public sealed class SegmentIndexTests
{
    private const string Stream = "events";

    private readonly MemoryBacklogStore _store = new();
    private readonly RecordingEvents _events = new();

    [Fact]
    public async Task Begin_NumbersSegmentsInOrder_AlsoAfterAReopening()
    {
        var index = await OpenAsync();
        Assert.Equal([1L, 2L, 3L], new[] { await WriteAsync(index), await WriteAsync(index), await WriteAsync(index) }.Select(s => s.Number));
        Assert.Equal(3, index.Segments);

        var reopened = await OpenAsync();

        Assert.Equal([1L, 2L, 3L], reopened.All().Select(s => s.Number));
        Assert.Equal(index.Bytes, reopened.Bytes);
        Assert.Equal(4, reopened.Begin().Number);
    }

    [Fact]
    public async Task SaveAsync_LetsGoOfWhatIsOver_AndOfNothingElse()
    {
        var index = await OpenAsync();
        var (done, waits) = (await WriteAsync(index), await WriteAsync(index));

        index.Over(done);
        Assert.True(index.HasGarbage);
        await index.SaveAsync();

        Assert.False(index.HasGarbage);
        Assert.Equal([waits.Number], _store.SegmentsOf(Stream).Keys);
        Assert.Equal(waits.Bytes, index.Bytes);
        Assert.Equal([waits.Number], (await OpenAsync()).All().Select(s => s.Number));
    }

    [Fact]
    public async Task Open_AfterACrashBetweenSavingAndRemoving_DoesNotDeliverAgain()
    {
        var index = await OpenAsync();
        var first = await WriteAsync(index);
        var second = await WriteAsync(index);
        index.Over(second);
        await index.SaveAsync();
        await index.Log.AppendAsync(second.Number, "came back"u8.ToArray(), default);

        var reopened = await OpenAsync();

        Assert.Equal([first.Number], reopened.All().Select(s => s.Number));
        Assert.True(reopened.HasGarbage);
    }

    [Fact]
    public async Task Open_OfASegmentThatIsHalfDone_KnowsWhichRecordsWait()
    {
        var index = await OpenAsync();
        var segment = await WriteAsync(index, records: 70);
        segment.Enter(2);
        segment.Done(3);
        segment.Done(69);
        index.Touch(segment);
        await index.SaveAsync();

        var found = Assert.Single((await OpenAsync()).All());

        Assert.Equal(68, found.Counted(70));
        Assert.Equal([3, 69], Enumerable.Range(0, 70).Where(found.IsDone));
    }

    [Fact]
    public async Task Open_WhenTheProgressCannotBeRead_SaysSoAndHasEverything()
    {
        var index = await OpenAsync();
        await WriteAsync(index);
        index.Over(await WriteAsync(index));
        await index.Log.SaveProgressAsync("rubbish"u8.ToArray(), default);

        var reopened = await OpenAsync();

        Assert.Equal(2, reopened.Segments);
        Assert.Contains(_events.Said, s => s.StartsWith("set aside", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TakeReady_GivesTheFirstThatIsDue_StrictlyOnlyTheFirstOfAll()
    {
        var index = await OpenAsync();
        var (first, second) = (await WriteAsync(index), await WriteAsync(index));
        first.NotBefore = 100;
        index.Park(first, now: 0);
        index.Park(second, now: 0);
        Assert.True(index.HasParked);

        Assert.Null(index.TakeReady(now: 50, strictly: true));
        Assert.True(index.IsReady(now: 50, strictly: false, out var wakeAt));
        Assert.Equal(100, wakeAt);
        Assert.Same(second, index.TakeReady(now: 50, strictly: false));
        Assert.Same(first, index.TakeReady(now: 100, strictly: true));
        Assert.Null(index.TakeReady(now: 1_000, strictly: false));
        Assert.False(index.HasParked);
    }

    /// <summary>The steps of two threads that end the two records of one segment, as the answers of two calls do.</summary>
    [Fact]
    public async Task Touch_AfterAnotherThreadHasEndedTheSegment_LeavesTheProgressToBeSaved()
    {
        var index = await OpenAsync();
        var segment = await WriteAsync(index, records: 2);
        segment.Enter(2);
        // One thread ends the first record, and finds the segment not over.
        segment.Done(0);
        Assert.False(segment.IsOver);
        // The other thread ends the last one, and with it the segment.
        segment.Done(1);
        Assert.True(segment.IsOver);
        index.Over(segment);
        // The first thread goes on.
        index.Touch(segment);
        await index.SaveAsync();

        Assert.Empty(_store.SegmentsOf(Stream));
        var next = await WriteAsync(index);
        index.Over(next);
        await index.SaveAsync();
        Assert.Empty(_store.SegmentsOf(Stream));
        Assert.Empty((await OpenAsync()).All());
    }

    [Fact]
    public async Task Over_OfManySegmentsBehindOneThatWaits_KeepsOneRunOfThem()
    {
        const int Segments = 100_000;
        var index = await OpenAsync();
        var waits = await WriteAsync(index);
        for (var i = 0; i < Segments; i++)
            End(index);
        var second = await WriteAsync(index);
        End(index);

        Assert.Equal(2, index.Segments);
        await index.SaveAsync();
        Assert.InRange(index.Log.Progress.Length, 0, 100);
        index.Over(waits);
        Assert.Equal(1, index.Segments);
        index.Over(second);
        Assert.Equal(0, index.Segments);
    }

    [Fact]
    public async Task Open_OfSegmentsThatNobodyHasRead_CountsTheirRecords()
    {
        var log = await _store.OpenAsync(Stream, SegmentLogKind.Records, default);
        for (var number = log.NextNumber; number < log.NextNumber + 3; number++)
        {
            using var writer = new SegmentWriter(1 << 20);
            for (var i = 0; i < 5; i++)
                writer.TryAdd("key"u8, [1], null, acceptedAt: 1_000 + number);
            await log.AppendAsync(number, writer.Encode(), default);
        }

        var index = await OpenAsync();
        Assert.Equal((15, 1_000 + log.NextNumber), (index.FoundRecords, index.Oldest!.OldestAt));
        var first = index.All()[0];
        first.Enter(5);
        first.Done(2);
        index.Touch(first);
        await index.SaveAsync();

        Assert.Equal(14, (await OpenAsync()).FoundRecords);
    }

    /// <summary>While the first segment's write was tried again, nothing seemed to wait: the age fell to 0, and alerts with it.</summary>
    [Fact]
    public async Task Oldest_WhileTheFirstIsNotWritten_IsTheNext()
    {
        var index = await OpenAsync();
        index.Begin();
        Assert.Null(index.Oldest);
        var next = await WriteAsync(index);
        next.OldestAt = 7;
        Assert.Same(next, index.Oldest);
    }

    [Fact]
    public void Add_InAnyOrder_HoldsWhatASetHolds() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
        {
            var random = new Random(seed);
            var (runs, set) = (new SegmentRuns(), new SortedSet<long>());
            for (var step = 0; step < 60; step++)
            {
                var (first, length) = (random.Next(100), random.Next(1, 6));
                if (random.Next(8) == 0)
                {
                    runs.RemoveBelow(first);
                    set.RemoveWhere(n => n < first);
                    continue;
                }

                runs.Add(first, length);
                for (var number = first; number < first + length; number++)
                    set.Add(number);
            }

            Assert.All(Enumerable.Range(0, 110), n => Assert.Equal(set.Contains(n), runs.Contains(n)));
            // Runs that touch are one.
            Assert.Equal(set.Count(n => !set.Contains(n - 1)), runs.Runs.Count());
            return true;
        }).QuickCheckThrowOnFailure();

    private static void End(SegmentIndex index)
    {
        var segment = index.Begin();
        segment.Counted(1);
        segment.Durable();
        segment.Enter(1);
        segment.Done(0);
        index.Over(segment, isThere: false);
    }

    private async Task<SegmentIndex> OpenAsync() => SegmentIndex.Open(Stream, await _store.OpenAsync(Stream, SegmentLogKind.Records, default), _events);

    private static async Task<LogSegment> WriteAsync(SegmentIndex index, int records = 3)
    {
        var segment = index.Begin();
        segment.Counted(records);
        var bytes = new byte[10 + segment.Number];
        await index.Log.AppendAsync(segment.Number, bytes, default);
        index.Weigh(segment, bytes.Length);
        segment.Durable();
        return segment;
    }
}
