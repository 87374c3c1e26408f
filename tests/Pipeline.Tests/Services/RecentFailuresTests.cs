using System.Buffers.Binary;
using System.Security.Cryptography;
using Orleans.Kpl.Pipeline.Services;

namespace Orleans.Kpl.Pipeline.Tests.Services;

/// <remarks>Tests <see cref="FailureText"/> too.</remarks>
public sealed class RecentFailuresTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Page_HasNumberHashAndAdvice_AndNoKey()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);

        failures.Add("events", Failed("user-17"));
        failures.Add("events", Failed("user-18", 5));

        var page = failures.Page("events", 0, 10);
        Assert.Equal([1L, 2L], page.Failures.Select(f => f.Number));
        var md5 = MD5.HashData(Encoding.UTF8.GetBytes("user-17"));
        Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(md5), page.Failures[0].HashKey);
        Assert.Equal((UInt128)5, page.Failures[1].HashKey);
        Assert.All(page.Failures, f => Assert.Null(f.PartitionKey));
        Assert.All(page.Failures, f => Assert.NotEmpty(f.Advice));
        Assert.Equal((2, false, 0), (page.Next, page.HasMore, page.Missed));
        Assert.Equal((0L, 0), (failures.Page("other", 0, 10).Next, failures.Page("other", 0, 10).Failures.Count));
    }

    /// <summary>Each stream kept a thousand: an outage of a thousand streams left some 180 MB beside all limits.</summary>
    [Fact]
    public void Failures_OfManyStreams_ShareTheirMemory()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);
        for (var i = 0; i < 200; i++)
            failures.Add($"stream-{i}", Failed("key"));
        for (var i = 0; i < 400; i++)
            failures.Add("stream-0", Failed("key"));

        var page = failures.Page("stream-0", 0, 1_000);
        Assert.Equal((250, 151), (page.Failures.Count, page.Missed));
        Assert.Single(failures.Page("stream-1", 0, 1_000).Failures);
    }

    [Fact]
    public void Page_WithLogKeys_HasTheKey()
    {
        var failures = new RecentFailures(_time, keepsKeys: true);
        failures.Add("events", Failed("user-17"));
        Assert.Equal("user-17", failures.Find("events", 1)!.PartitionKey);
        Assert.Null(failures.Find("events", 2));
    }

    [Fact]
    public void Page_OfMoreThanAreKept_TellsHowManyAreMissed()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);
        for (var i = 0; i < 2 * RecentFailures.Kept; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            failures.Add("events", Failed("k"));
        }

        var page = failures.Page("events", 3, 2);
        Assert.Equal([1_001L, 1_002L], page.Failures.Select(f => f.Number));
        Assert.Equal((997, true, 1_002), (page.Missed, page.HasMore, page.Next));
    }

    /// <summary>Of a storm only numbers are left, so that it costs next to nothing; a reader hears how many it cannot see.</summary>
    [Fact]
    public void Add_OfMoreThanAreKeptInOneSecond_CountsTheRest()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);
        for (var i = 0; i < 5_000; i++)
            failures.Add("events", Failed("k"));
        Assert.Equal((5_000L, 4_000L), (failures.Page("events", 1_000, 10).Next, failures.Page("events", 1_000, 10).Missed));

        _time.Advance(TimeSpan.FromSeconds(1));
        failures.Add("events", Failed("k"));

        var page = failures.Page("events", 1_000, 10);
        Assert.Equal(5_001L, Assert.Single(page.Failures).Number);
        Assert.Equal(4_000L, page.Missed);
    }

    /// <summary>A reader that came once after a storm was told of the first ones alone: those after them were neither listed nor counted as missed.</summary>
    [Fact]
    public void LastPage_CountsThoseAfterItsLast()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);
        for (var i = 0; i < 4_000; i++)
            failures.Add("events", Failed("k"));

        var page = failures.Page("events", 0, RecentFailures.Kept);

        Assert.Equal((1_000, 3_000L, 4_000L), (page.Failures.Count, page.Missed, page.Next));
    }

    /// <summary>A reader went on after a number of the forgotten list: it saw none of the next failures, and nothing told it to begin anew.</summary>
    [Fact]
    public void AListThatIsBegunAnew_SaysSince()
    {
        var failures = new RecentFailures(_time, keepsKeys: false);
        failures.Add("events", Failed("k"));
        failures.Add("others", Failed("k"));
        var (before, others) = (failures.Page("events", 0, 1).Since, failures.Page("others", 0, 1).Since);
        _time.Advance(TimeSpan.FromMinutes(10));

        failures.Forget("events");
        failures.Add("events", Failed("k"));

        Assert.Equal(before + TimeSpan.FromMinutes(10), failures.Page("events", 1, 1).Since);
        Assert.Equal(others, failures.Page("others", 1, 1).Since);
    }

    private static RecordResult Failed(string key, UInt128? hash = null) =>
        RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "too late", new UserRecord(key, new byte[10], hash));
}
