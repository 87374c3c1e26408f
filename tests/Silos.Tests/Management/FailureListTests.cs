using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Management;

public sealed class FailureListTests
{
    private static readonly DateTimeOffset Since = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Page_FollowsOnWhereTheLastEnded()
    {
        var list = new FailureList(Since, new FailureMemory());
        list.Add(Report(5));
        var first = list.Page(0, 3);
        Assert.Equal([1L, 2, 3], first.Entries.Select(f => f.Number));
        Assert.True(first.HasMore);
        var second = list.Page(first.Next, 3);
        Assert.Equal([4L, 5], second.Entries.Select(f => f.Number));
        Assert.False(second.HasMore);
        var third = list.Page(second.Next, 3);
        Assert.Empty(third.Entries);
        Assert.Equal((5, 0, Since), (third.Next, third.Missed, third.Since));
    }

    [Fact]
    public void Page_WhenTheOldestWereLetGo_SaysHowManyAreMissing()
    {
        var list = new FailureList(Since, new FailureMemory(), maxFailures: 4);
        list.Add(Report(10));
        var page = list.Page(2, 100);
        Assert.Equal([7L, 8, 9, 10], page.Entries.Select(f => f.Number));
        Assert.Equal(4, page.Missed);
    }

    /// <summary>
    /// A gap behind the first of a page was none, so that kpl verify told such failures as lost; and one behind the last counted anew with each question.
    /// </summary>
    [Fact]
    public void Missed_IsAllUpToNext_AndIsToldOnce()
    {
        var list = new FailureList(Since, new FailureMemory());
        list.Add(Report(1));
        list.Add(Report(1, leftOut: 7));
        list.Add(Report(0, leftOut: 3));
        var page = list.Page(0, 100);
        Assert.Equal([1L, 9], page.Entries.Select(f => f.Number));
        Assert.Equal((12, 10), (page.Next, page.Missed));
        Assert.Equal((12, 0), list.Page(page.Next, 100) is var next ? (next.Next, next.Missed) : default);
        Assert.Equal((1, 0), list.Page(0, 1) is var first ? (first.Next, first.Missed) : default);
        Assert.Equal((20, 0), list.Page(20, 100) is var anew ? (anew.Next, anew.Missed) : default);
    }

    [Fact]
    public void Add_BeyondItsBytes_LetsTheOldestGo()
    {
        var list = new FailureList(Since, new FailureMemory(), maxBytes: 10_000);
        list.Add(Report(10, bytes: 3_000));
        Assert.Equal(3, list.Page(0, 100).Entries.Count);
    }

    [Fact]
    public void Page_OfLargeRecords_IsBoundedAndHasAtLeastOne()
    {
        var list = new FailureList(Since, new FailureMemory());
        list.Add(Report(3, bytes: 2 << 20));
        var page = list.Page(0, 100);
        Assert.Single(page.Entries);
        Assert.True(page.HasMore);
    }

    /// <summary>Each name that somebody makes up has a list. A thousand of them held up to 32 GiB.</summary>
    [Fact]
    public void Add_ToTheListsOfManyStreams_KeepsThemWithinTheirMemory_AndDropsWhatIsMost()
    {
        const int most = 100_000;
        var memory = new FailureMemory(most);
        using var quiet = new FailureList(Since, memory);
        quiet.Add(Report(1));
        List<FailureList> made = [];
        for (var name = 0; name < 50; name++)
        {
            made.Add(new FailureList(Since, memory));
            made[^1].Add(Report(20, bytes: 3_000));
            Assert.InRange(quiet.Bytes + made.Sum(static l => l.Bytes), 1, most);
        }

        Assert.Single(quiet.Page(0, 100).Entries);
        Assert.Equal(20, made[^1].Page(0, 100) is { } page ? page.Missed + page.Entries.Count : 0);

        made.ForEach(static l => l.Dispose());
        quiet.Add(Report(25, bytes: 3_000));
        Assert.Equal(26, quiet.Page(0, 100).Entries.Count);
    }

    /// <summary>A report that came while its manager ended had memory of the silo for good, and the other lists had less.</summary>
    [Fact]
    public void Add_AfterItsEnd_TakesNothingOfTheSilosMemory()
    {
        var memory = new FailureMemory(10_000);
        var ended = new FailureList(Since, memory);
        using var other = new FailureList(Since, memory);
        ended.Dispose();
        ended.Add(Report(3, bytes: 3_000));
        other.Add(Report(3, bytes: 3_000));
        Assert.Equal(3, other.Page(0, 100).Entries.Count);
    }

    private static FailureBatch Report(int count, int bytes = 1, long leftOut = 0) => new(
        [
            .. Enumerable.Range(0, count).Select(_ => new FailureEntry(
                Since, "S", RecordResult.NotDelivered(RecordStatus.Failed, "Code", "message", new UserRecord("k", new byte[bytes])))),
        ],
        leftOut);
}
