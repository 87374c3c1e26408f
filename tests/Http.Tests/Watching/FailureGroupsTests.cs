using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class FailureGroupsTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 14, 2, 0, TimeSpan.Zero);

    private readonly FailureGroups _failures = new();

    [Fact]
    public void Add_GroupsByCode_WithCountFirstLastAndTheLatestNumber()
    {
        Assert.True(_failures.Add(Page(hasMore: true, (1, "Expired"), (2, "OwnerLost"), (3, "Expired"))));
        Assert.False(_failures.Add(Page(hasMore: false, (7, "Expired")) with { Missed = 4 }));

        Assert.Equal(["Expired", "OwnerLost"], _failures.Groups.Select(static g => g.Code));
        var expired = _failures.Groups[0];
        Assert.Equal((3, 0, 7), (expired.Count, expired.Unknown, expired.Number));
        Assert.Equal((Begin.AddSeconds(1), Begin.AddSeconds(7)), (expired.First, expired.Last));
        Assert.Equal(1, _failures.Groups[1].Unknown);
        Assert.Equal((7, 4), (_failures.Next, _failures.Missed));
    }

    [Fact]
    public void Add_OfAListThatWasBegunAnew_BeginsAnew()
    {
        _failures.Add(Page(hasMore: false, (1, "Expired")));
        var other = Page(hasMore: false, (1, "Dropped")) with { Since = Begin.AddHours(1) };
        Assert.True(_failures.Add(other));
        Assert.Equal(0, _failures.Next);
        Assert.False(_failures.Add(other));
        Assert.Equal("Dropped", Assert.Single(_failures.Groups).Code);
    }

    private static FailedRecordPage Page(bool hasMore, params (long Number, string Code)[] failures) => new()
    {
        Failures = [.. failures.Select(static f => new FailedRecord
        {
            Number = f.Number, ErrorCode = f.Code, EndedAt = Begin.AddSeconds(f.Number),
            Status = f.Code == "OwnerLost" ? RecordStatus.Unknown : RecordStatus.Failed,
        })],
        Next = failures[^1].Number,
        HasMore = hasMore,
        Since = Begin,
    };
}
