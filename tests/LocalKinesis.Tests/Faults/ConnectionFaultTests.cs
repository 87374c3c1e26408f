using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.LocalKinesis.Tests.Faults;

public class ConnectionFaultTests : EndpointTest
{
    public static TheoryData<Fault, RecordMarks?> Cuts => new()
    {
        { new DropBeforeFault { Stream = "events", Count = 1 }, null },
        { new DropAfterFault { Operation = "PutRecords", Count = 1 }, RecordMarks.AnswerLost },
        { new ResetFault { Count = 1 }, null },
        { new ResetFault { InAnswer = true, Count = 1 }, RecordMarks.AnswerLost },
    };

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task Put_WhenTheConnectionIsCut_IsAppliedOrNotAsTheAccountSays(Fault fault, RecordMarks? marks)
    {
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            await using var endpoint = await TestEndpoint.StartAsync();
            endpoint.Http.DefaultRequestVersion = version;
            endpoint.Http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            await endpoint.Kinesis.CreateStreamAsync("events", 1);
            endpoint.Kinesis.Faults.Add(fault);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => endpoint.PutAsync("events", "0", "1"));
            var applied = endpoint.Kinesis.GetApplied("events").ToList();
            Assert.Equal(marks is null ? 0 : 2, applied.Count);
            Assert.All(applied, record => Assert.Equal(marks | RecordMarks.ExplicitHashKey, record.Marks));
            await endpoint.PutAsync("events", "2");
            Assert.Equal(RecordMarks.ExplicitHashKey, endpoint.Kinesis.GetApplied("events").Last().Marks);
        }
    }

    [Fact]
    public async Task Put_WhenAppliedLate_IsAppliedAfterTheClientGaveUpAndAfterItsSuccessor()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var id = Endpoint.Kinesis.Faults.Add(new ApplyLateFault { Delay = TimeSpan.FromSeconds(3), Count = 1 });
        using var patience = new CancellationTokenSource();
        var late = Endpoint.Http.SendAsync(Put("1"), patience.Token);
        await Waiting.UntilAsync(() => Endpoint.Kinesis.Faults.Active.Single(fault => fault.Id == id).Hits == 1);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
        await Endpoint.PutAsync("events", "2");
        await Waiting.UntilAsync(() => Endpoint.Clock.ArmedTimers == 1);
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal([2], Endpoint.Kinesis.GetApplied("events").Select(record => (int)record.HashKey));
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await Waiting.UntilAsync(() => Endpoint.Kinesis.Get("events").Shards[0].AppliedRecords == 2);
        Assert.Equal([(2, RecordMarks.ExplicitHashKey), (1, RecordMarks.ExplicitHashKey | RecordMarks.AppliedLate)],
            Endpoint.Kinesis.GetApplied("events").Select(record => ((int)record.HashKey, record.Marks)));
    }

    [Fact]
    public async Task Put_WhenHalfOpen_IsNeverAnsweredNorApplied()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Endpoint.Kinesis.Faults.Add(new HalfOpenFault { Count = 1 });
        using var patience = new CancellationTokenSource();
        var put = Endpoint.Http.SendAsync(Put("1"), patience.Token);
        await Waiting.UntilAsync(() => Endpoint.Kinesis.Faults.Active[0].Hits == 1);
        Assert.False(put.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Empty(Endpoint.Kinesis.GetApplied("events"));
    }

    /// <summary>Nobody could take an outage back: the pages of the faults were away too, and only killing the process ended it.</summary>
    [Fact]
    public async Task Outage_IsShownAndTakenBack_ByTheControlPages()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        Endpoint.Kinesis.Faults.Add(new OutageFault());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Endpoint.PutAsync("events", "1"));

        using var operators = new HttpClient { BaseAddress = Endpoint.Http.BaseAddress };
        Assert.Contains("outage", await operators.GetStringAsync("/_faults", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var taken = await operators.DeleteAsync("/_faults", TestContext.Current.CancellationToken);
        Assert.True(taken.IsSuccessStatusCode);

        await Endpoint.PutAsync("events", "2");
        Assert.Single(Endpoint.Kinesis.GetApplied("events"));
    }

    [Fact]
    public async Task Outage_ClosesOldAndNewConnectionsUntilItIsOver()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        await Endpoint.PutAsync("events", "0");
        Endpoint.Kinesis.Faults.Add(new OutageFault { For = TimeSpan.FromSeconds(60) });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Endpoint.PutAsync("events", "1"));
        Assert.Equal(0, await ConnectAndReceiveAsync(Endpoint.Server.Url));
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(60));
        await Endpoint.PutAsync("events", "2");
        Assert.Equal([0, 2], Endpoint.Kinesis.GetApplied("events").Select(record => (int)record.HashKey));
    }

    /// <summary>Bytes received; 0 where the connection was closed or reset, which may be while it is still being made.</summary>
    private static async Task<int> ConnectAndReceiveAsync(Uri server)
    {
        try
        {
            using var socket = await PlainSocket.ConnectAsync(server);
            return await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }

    private static HttpRequestMessage Put(string hashKey) => TestEndpoint.Message("PutRecord",
        System.Text.Encoding.UTF8.GetBytes($$"""{"StreamName":"events","Data":"","PartitionKey":"k","ExplicitHashKey":"{{hashKey}}"}"""));
}
