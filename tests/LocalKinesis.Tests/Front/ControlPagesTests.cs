using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.LocalKinesis.Front;

namespace Orleans.Kpl.LocalKinesis.Tests.Front;

public class ControlPagesTests : EndpointTest
{
    [Fact]
    public async Task Faults_OverHttp_GoOnAndOff()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var id = (int)(await SendAsync(Endpoint, "POST", "/_faults", """{"kind":"error","type":"KMSDisabledException","stream":"events","count":5,"for":60000}"""))!["id"]!;
        await Endpoint.FailAsync("DescribeStream", new { StreamName = "events" });
        await Endpoint.CallAsync("ListStreams", new { });
        var active = Assert.Single((await SendAsync(Endpoint, "GET", "/_faults"))!.AsArray())!;
        Assert.Equal((id, 1, 1), ((int)active["id"]!, (int)active["matches"]!, (int)active["hits"]!));
        Assert.Equal(("error", 60_000), ((string)active["fault"]!["kind"]!, (int)active["fault"]!["for"]!));
        await SendAsync(Endpoint, "DELETE", $"/_faults/{id}", expected: HttpStatusCode.NoContent);
        await Endpoint.CallAsync("DescribeStream", new { StreamName = "events" });
        await SendAsync(Endpoint, "DELETE", $"/_faults/{id}", expected: HttpStatusCode.NotFound);
        await SendAsync(Endpoint, "POST", "/_faults", """{"kind":"outage","for":60000}""");
        await SendAsync(Endpoint, "DELETE", "/_faults", expected: HttpStatusCode.NoContent);
        await Endpoint.CallAsync("DescribeStream", new { StreamName = "events" });
    }

    /// <summary>They show all records, and a browser lets any page send such requests to this machine.</summary>
    [Theory]
    [InlineData("127.0.0.1", "localhost:4567", null, true)]
    [InlineData("::ffff:127.0.0.1", "localhost:4567", "http://localhost:4567", true)]
    [InlineData("127.0.0.1", "localhost:4567", "http://localhost:3000", false)]
    [InlineData("10.0.0.7", "127.0.0.1", null, false)]
    [InlineData(null, "127.0.0.1", null, false)]
    [InlineData("127.0.0.1", "kinesis:4567", null, true)]
    [InlineData("127.0.0.1", "evil.example", null, false)]
    [InlineData("127.0.0.1", "127.0.0.1", "https://evil.example", false)]
    [InlineData("127.0.0.1", "127.0.0.1", "null", false)]
    public void Pages_ForOtherMachinesAndForeignSites_AreRefused(string? remote, string host, string? origin, bool mayCome)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Request.Host = new HostString(host);
        if (origin is not null)
            context.Request.Headers.Origin = origin;

        Assert.Equal(mayCome, PageGuard.FindObstacle(context) is null);
    }

    [Fact]
    public async Task Pages_OfAForeignSite_AnswerNothing()
    {
        foreach (var path in new[] { "/_account", "/_faults", "/_reshards" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Origin", "https://evil.example" } } };
            using var answer = await Endpoint.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    /// <summary>To its browser a page and this machine are one site, where the owner of the page's name has led that here.</summary>
    [Theory]
    [InlineData("http://evil.example:4567", false)]
    [InlineData("http://[::1]:4567", true)]
    [InlineData("http://kinesis:4567", true)]
    [InlineData("null", false)]
    [InlineData(null, true)]
    public async Task Operations_ForAPageWhoseNameWasLedHere_AnswerNothing(string? origin, bool mayCome)
    {
        using var request = TestEndpoint.Message("ListStreams", "{}"u8.ToArray());
        request.Headers.Host = "evil.example:4567";
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var answer = await Endpoint.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(mayCome ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(!mayCome, text.Contains("AccessDeniedException", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("latency", """ "delay":5,"after_applying":true """)]
    [InlineData("record_error", """ "code":"InternalFailure","applied":true,"shard_id":"shardId-000000000000" """)]
    [InlineData("throttle_shard", """ "shard_id":"shardId-000000000000" """)]
    [InlineData("drop_before", """ "probability":0.5 """)]
    [InlineData("drop_after", """ "after":2 """)]
    [InlineData("apply_late", """ "delay":500 """)]
    [InlineData("wrong_count", """ "failed_record_count":2,"missing_results":1 """)]
    [InlineData("overtaken_answer", """ "at_most":50 """)]
    [InlineData("falling_sequence_number", """ "stream":"events" """)]
    [InlineData("stale_map", """ "lag":50 """)]
    [InlineData("clock_skew", """ "skew":-1200000 """)]
    [InlineData("half_open", """ "count":2 """)]
    [InlineData("reset", """ "in_answer":true """)]
    [InlineData("slow_drip", """ "bytes":5,"every":10 """)]
    [InlineData("html_error", """ "status":502 """)]
    [InlineData("empty_page", """ "operation":"GetRecords" """)]
    public async Task Faults_OfEveryKind_AreReadWithTheirSettings(string kind, string settings)
    {
        await SendAsync(Endpoint, "POST", "/_faults", $$"""{"kind":"{{kind}}",{{settings}}}""");
        var fault = (await SendAsync(Endpoint, "GET", "/_faults"))![0]!["fault"]!;
        Assert.Equal(kind, (string)fault["kind"]!);
        foreach (var (name, value) in JsonNode.Parse("{" + settings + "}")!.AsObject())
            Assert.True(JsonNode.DeepEquals(value, fault[name]), $"{name}: {fault[name]}");
    }

    [Theory]
    [InlineData("", "such as {\"kind\":\"outage\"}; it is not JSON")]
    [InlineData("{\"kind\":", "it is not JSON")]
    [InlineData("[]", "The body must be an object with the kind of the fault, such as {\"kind\":\"outage\"}.")]
    [InlineData("""{"type":"outage"}""", "'kind' is missing: it is one of latency, record_error, ")]
    [InlineData("""{"kind":"outtage"}""", "There is no kind 'outtage'; there are latency, record_error, ")]
    [InlineData("""{"kind":"latency","dealy":5}""", "There is no 'dealy' here; there are kind, delay, after_applying, stream, ")]
    [InlineData("""{"kind":"latency","delay":"5"}""", "A duration is a number of milliseconds.")]
    [InlineData("""{"kind":"latency","count":"5x"}""", "'count' is of another kind than belongs there.")]
    [InlineData("""{"kind":"latency","probability":7}""", "probability must be 0 to 1")]
    public async Task Faults_ThatMakeNoSense_AreRefused(string body, string error)
    {
        var answer = await SendAsync(Endpoint, "POST", "/_faults", body, HttpStatusCode.BadRequest);
        Assert.Contains(error, (string)answer!["error"]!, StringComparison.Ordinal);
        Assert.Empty(Endpoint.Kinesis.Faults.Active);
    }

    [Fact]
    public async Task Reshards_OverHttp_AreSetForTheNextOne()
    {
        var answer = await SendAsync(Endpoint, "PUT", "/_reshards", """{"cut_over_after_records":3,"list_shards_lag":2000}""");
        Assert.Equal((3, 2_000, 100), ((int)answer!["cut_over_after_records"]!, (int)answer["list_shards_lag"]!, (int)answer["cut_over_delay"]!));
        Assert.Equal(new() { CutOverAfterRecords = 3, ListShardsLag = TimeSpan.FromSeconds(2) }, Endpoint.Kinesis.Reshards);
        await SendAsync(Endpoint, "PUT", "/_reshards", """{"cut_over_delay":-1}""", HttpStatusCode.BadRequest);
        answer = await SendAsync(Endpoint, "PUT", "/_reshards", """{"cut_over_dealy":1}""", HttpStatusCode.BadRequest);
        Assert.StartsWith("There is no 'cut_over_dealy' here; there are cut_over_delay, ", (string)answer!["error"]!, StringComparison.Ordinal);
    }

    private static async Task<JsonNode?> SendAsync(
        TestEndpoint endpoint, string method, string path, string? body = null, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var message = new HttpRequestMessage(new(method), path);
        if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
        return expected == HttpStatusCode.NoContent ? null : await response.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);
    }
}
