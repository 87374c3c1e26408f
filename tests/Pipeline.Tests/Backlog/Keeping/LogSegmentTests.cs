using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

/// <summary>What is known of one segment: which records are done, which are in memory, who waits.</summary>
public sealed class LogSegmentTests
{
    [Fact]
    public async Task Durable_ReturnsThoseWhoseRecordsHaveNotEnded_AndTheLedgerHasTheRest()
    {
        var segment = await NewAsync();
        segment.Begin(Callers(3));
        segment.Enter(1);
        Assert.Equal(1, segment.Done(1).Index);

        var accounts = new BacklogLedger();
        accounts.Accepted(3);
        accounts.Delivered(1);
        var callers = segment.Durable(accounts, out _);

        Assert.Equal([0, 2], callers.Select(c => c.Index));
        Assert.Equal(2, accounts.Read().InBacklog);
        Assert.True(segment.IsDurable);
        Assert.False(segment.IsOver);
    }

    [Fact]
    public async Task Back_BeforeTheStoreHasIt_EndsTheRecord_AfterwardsItWaits()
    {
        var segment = await NewAsync();
        segment.Begin(Callers(2));
        segment.Enter(1);
        Assert.Equal(0, segment.Back(0, out _).Index);
        Assert.True(segment.IsDone(0));

        segment.Durable(new BacklogLedger(), out _);
        segment.Enter(1);
        Assert.Equal(default, segment.Back(1, out _));

        Assert.False(segment.IsDone(1));
        Assert.Equal(1, segment.Waiting);
    }

    [Fact]
    public async Task IsOver_OnceEveryRecordIsDoneAndTheStoreHasIt()
    {
        var segment = await NewAsync();
        segment.Counted(2);
        segment.Enter(2);
        segment.Done(0);
        segment.Done(1);
        Assert.False(segment.IsOver);

        segment.Durable();

        Assert.True(segment.IsOver);
        Assert.Equal((2, 0), (segment.DoneCount, segment.InMemory));
        Assert.False(segment.TryQueue());
    }

    [Fact]
    public async Task TryQueue_SucceedsOnceAndOnlyWhileNothingIsInMemory()
    {
        var segment = await NewAsync();
        segment.Counted(2);
        Assert.False(segment.TryQueue());
        segment.Durable();
        Assert.True(segment.TryQueue());
        Assert.False(segment.TryQueue());
        segment.Unqueue();
        Assert.True(segment.TryQueue());

        segment.Enter(2);
        Assert.False(segment.TryQueue());
        segment.Done(0);
        segment.Back(1, out _);

        Assert.True(segment.TryQueue());
    }

    /// <summary>The progress that was saved may have bits beyond the last record: they are none.</summary>
    [Fact]
    public async Task Counted_OfWhatWasFound_CountsOnlyItsRecordsAndOnlyOnce()
    {
        var segment = await NewAsync();
        segment.Found([0b1_0101 | (1UL << 63)]);

        Assert.Equal(7, segment.Counted(10));
        Assert.Equal(0, segment.Counted(10));
        Assert.Equal(3, segment.DoneCount);
    }

    /// <summary>Found by the simulator (seed 212859501): the log was lost while what was read of it waited for dead letters, and was let out.</summary>
    [Fact]
    public async Task TryEnterAll_OfASegmentThatWasWrittenOff_LetsNothingOut()
    {
        var (segment, other) = (await NewAsync(), await NewAsync());
        foreach (var begun in new[] { segment, other })
        {
            begun.Begin(Callers(8));
            begun.Durable(new BacklogLedger(), out _);
        }

        Assert.Equal(8, segment.WriteOff());
        Assert.False(segment.TryEnterAll());
        Assert.Equal(0, segment.InMemory);
        Assert.True(other.TryEnterAll());
        Assert.Equal((8, 0), (other.InMemory, other.WriteOff()));
    }

    /// <summary>Its reading ends after the log was lost: its records are the new owner's to count.</summary>
    [Fact]
    public async Task Counted_OfASegmentThatWasWrittenOff_CountsNothing()
    {
        var segment = await NewAsync();
        segment.Found(null);

        Assert.Equal(0, segment.WriteOff());
        Assert.Equal(0, segment.Counted(10));
    }

    private static async Task<LogSegment> NewAsync()
    {
        var log = await new MemoryBacklogStore().OpenAsync("events", SegmentLogKind.Records, default);
        return SegmentIndex.Open("events", log, new RecordingEvents()).Begin();
    }

    private static MemberRef[] Callers(int count) => [.. Enumerable.Range(0, count).Select(i => new MemberRef(null!, i))];
}
