using System.Diagnostics;
using System.Net;
using System.Text;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.LocalKinesis.Tests.Faults;

/// <remarks>Tests <see cref="LocalKinesis.Faults.Switchboard.FaultedCall"/>.</remarks>
public class AnswerFaultTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Latency_BeforeOrAfterApplying_HoldsTheAnswer(bool afterApplying)
    {
        await using var endpoint = await StartAsync(new LatencyFault { Delay = TimeSpan.FromSeconds(2), AfterApplying = afterApplying });
        var put = endpoint.PutAsync("events", "0");
        await Waiting.UntilAsync(() => endpoint.Clock.ArmedTimers == 1);
        Assert.Equal(afterApplying ? 1 : 0, endpoint.Kinesis.Get("events").Shards[0].AppliedRecords);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(2));
        await put;
        var marks = afterApplying ? RecordMarks.AnswerDelayed : RecordMarks.None;
        Assert.Equal(marks | RecordMarks.ExplicitHashKey, endpoint.Kinesis.GetApplied("events").Single().Marks);
    }

    [Fact]
    public async Task Latency_WhenTheClientGivesUp_AppliesNothing()
    {
        await using var endpoint = await StartAsync(new LatencyFault { Delay = TimeSpan.FromSeconds(2), Count = 1 });
        using var patience = new CancellationTokenSource();
        var put = endpoint.Http.SendAsync(TestEndpoint.Message("PutRecord",
            Encoding.UTF8.GetBytes("""{"StreamName":"events","Data":"","PartitionKey":"k"}""")), patience.Token);
        await Waiting.UntilAsync(() => endpoint.Clock.ArmedTimers == 1);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        await Waiting.UntilAsync(() => endpoint.Clock.ArmedTimers == 0);
        await endpoint.PutAsync("events", "7");
        Assert.Equal([7], endpoint.Kinesis.GetApplied("events").Select(record => (int)record.HashKey));
    }

    [Fact]
    public async Task WrongCount_ChangesTheCountsAndNothingElse()
    {
        await using var endpoint = await StartAsync(new WrongCountFault { FailedRecordCount = 3, MissingResults = 2 });
        var answer = await endpoint.PutAsync("events", "0", "1", "2", "3");
        Assert.Equal(3, (int)answer["FailedRecordCount"]!);
        Assert.Equal(2, answer["Records"]!.AsArray().Count);
        Assert.Equal(4, endpoint.Kinesis.GetApplied("events").Count());
    }

    [Fact]
    public async Task FallingSequenceNumber_TellsNumbersBelowEveryEarlierOne()
    {
        await using var endpoint = await StartAsync(new FallingSequenceNumberFault { After = 1 });
        var first = (string)(await endpoint.PutAsync("events", "0"))["Records"]![0]!["SequenceNumber"]!;
        var second = (string)(await endpoint.PutAsync("events", "1"))["Records"]![0]!["SequenceNumber"]!;
        Assert.True(string.CompareOrdinal(second, first) < 0);
        var applied = endpoint.Kinesis.GetApplied("events").Select(record => record.SequenceNumber).ToList();
        Assert.True(string.CompareOrdinal(applied[1], applied[0]) > 0);
    }

    [Fact]
    public async Task OvertakenAnswer_ComesAfterTheAnswerOfALaterCall()
    {
        await using var endpoint = await StartAsync(new OvertakenAnswerFault { Count = 1, AtMost = TimeSpan.FromMinutes(1) });
        var first = endpoint.PutAsync("events", "0");
        await Waiting.UntilAsync(() => endpoint.Kinesis.Get("events").Shards[0].AppliedRecords == 1);
        await Waiting.UntilAsync(() => endpoint.Clock.ArmedTimers == 1);
        Assert.False(first.IsCompleted);
        await endpoint.PutAsync("events", "1");
        await first;
        Assert.Equal([0, 1], endpoint.Kinesis.GetApplied("events").Select(record => (int)record.HashKey));
    }

    [Fact]
    public async Task OvertakenAnswer_WhenNoOtherCallComes_ComesInTheEnd()
    {
        await using var endpoint = await StartAsync(new OvertakenAnswerFault { AtMost = TimeSpan.FromSeconds(1) });
        var put = endpoint.PutAsync("events", "0");
        await Waiting.UntilAsync(() => endpoint.Clock.ArmedTimers == 1);
        Assert.Equal(1, endpoint.Kinesis.Get("events").Shards[0].AppliedRecords);
        Assert.False(put.IsCompleted);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        var answer = await put;
        Assert.Equal(endpoint.Kinesis.GetApplied("events").Single().SequenceNumber, (string?)answer["Records"]![0]!["SequenceNumber"]);
    }

    [Fact]
    public async Task SlowDrip_DeliversTheWholeAnswerInPieces()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.TimeProvider = TimeProvider.System, shards: 1);
        endpoint.Kinesis.Faults.Add(new SlowDripFault { Bytes = 50, Every = TimeSpan.FromMilliseconds(20) });
        var watch = Stopwatch.StartNew();
        var answer = await endpoint.PutAsync("events", "0", "1");
        Assert.Equal(2, answer["Records"]!.AsArray().Count);
        Assert.True(watch.Elapsed > TimeSpan.FromMilliseconds(60), $"{watch.Elapsed}");
    }

    [Theory]
    [InlineData("KMSThrottlingException", HttpStatusCode.BadRequest)]
    [InlineData("KMSDisabledException", HttpStatusCode.BadRequest)]
    [InlineData("ExpiredTokenException", HttpStatusCode.BadRequest)]
    [InlineData("InternalFailure", HttpStatusCode.InternalServerError)]
    [InlineData("ServiceUnavailable", HttpStatusCode.ServiceUnavailable)]
    public async Task Error_FailsTheCallWithItsTypeAndStatus(string type, HttpStatusCode status)
    {
        await using var endpoint = await StartAsync(new ErrorFault { Type = type, Operation = "PutRecord", Count = 1 });
        object put = new { StreamName = "events", Data = "", PartitionKey = "k" };
        await endpoint.PutAsync("events", "0");
        Assert.Equal(type, (await endpoint.FailAsync("PutRecord", put, status)).Type);
        await endpoint.CallAsync("PutRecord", put);
        Assert.Equal(2, endpoint.Kinesis.GetApplied("events").Count());
    }

    [Fact]
    public async Task OverBytes_LetsSmallerCallsPass()
    {
        await using var endpoint = await StartAsync(new ErrorFault { Type = "InternalFailure", Operation = "PutRecord", OverBytes = 300 });
        await endpoint.CallAsync("PutRecord", new { StreamName = "events", Data = "", PartitionKey = "k" });
        object large = new { StreamName = "events", Data = "", PartitionKey = new string('k', 256) };
        Assert.Equal("InternalFailure", (await endpoint.FailAsync("PutRecord", large, HttpStatusCode.InternalServerError)).Type);
        Assert.Single(endpoint.Kinesis.GetApplied("events"));
        Assert.Equal((1, 1), (endpoint.Kinesis.Faults.Active.Single().Matches, endpoint.Kinesis.Faults.Active.Single().Hits));
    }

    [Fact]
    public async Task HtmlError_AnswersInHtml()
    {
        await using var endpoint = await StartAsync(new HtmlErrorFault());
        using var message = TestEndpoint.Message("ListStreams", "{}"u8.ToArray());
        using var response = await endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("<html>", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, "Signature expired")]
    [InlineData(-20, "Signature not yet current")]
    public async Task ClockSkew_RefusesTrueDatesAndShowsItsOwn(int minutes, string message)
    {
        await using var endpoint = await StartAsync(new ClockSkewFault { Skew = TimeSpan.FromMinutes(minutes) });
        using var request = TestEndpoint.Message("ListStreams", "{}"u8.ToArray());
        request.Headers.Add("X-Amz-Date", endpoint.Clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'"));
        using var response = await endpoint.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(endpoint.Clock.GetUtcNow().AddMinutes(minutes), response.Headers.Date);
    }

    [Fact]
    public async Task EmptyPage_HidesDataForOneCall()
    {
        await using var endpoint = await StartAsync(new EmptyPageFault { Operation = "GetRecords", Count = 1 });
        await endpoint.PutAsync("events", "0");
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        var first = await endpoint.CallAsync("GetRecords", new { ShardIterator = await endpoint.IteratorAsync("events", "shardId-000000000000") });
        Assert.Empty(first["Records"]!.AsArray());
        Assert.Equal(1_000, (long)first["MillisBehindLatest"]!);
        var second = await endpoint.CallAsync("GetRecords", new { ShardIterator = (string)first["NextShardIterator"]! });
        Assert.Single(second["Records"]!.AsArray());
    }

    [Fact]
    public async Task StaleMap_ShowsTheShardsOfAWhileAgo()
    {
        await using var endpoint = await StartAsync(new StaleMapFault { Lag = TimeSpan.FromSeconds(30), For = TimeSpan.FromMinutes(1) });
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        endpoint.Kinesis.Split("events", "shardId-000000000000", 1_000);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single((await endpoint.CallAsync("ListShards", new { StreamName = "events" }))["Shards"]!.AsArray());
        endpoint.Clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(3, (await endpoint.CallAsync("ListShards", new { StreamName = "events" }))["Shards"]!.AsArray().Count);
    }

    private static async Task<TestEndpoint> StartAsync(Fault fault)
    {
        var endpoint = await TestEndpoint.StartAsync(shards: 1);
        endpoint.Kinesis.Faults.Add(fault);
        return endpoint;
    }
}
