using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Administering;

/// <remarks>Tests <see cref="AdminAccess"/> and <see cref="AdminListener"/>.</remarks>
public sealed class AdminListenerTests
{
    [Theory]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("x-forwarded-anything", "")]
    [InlineData("X-Real-IP", "10.0.0.1")]
    [InlineData("X-Envoy-Original-Path", "/")]
    public async Task Get_ThroughAProxy_Answers403(string header, string value)
    {
        await using var server = await HttpServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/streams/orders/ledger");
        request.Headers.TryAddWithoutValidation(header, value);

        (await server.SendAsync(request)).AssertRefused(403, "Forbidden", "proxy");
        Assert.Equal(200, (await server.GetAsync("/admin/streams/orders/ledger")).Status);
    }

    /// <summary>Without identities nobody is asked who it is: then it is said that nobody was.</summary>
    [Fact]
    public async Task Call_WithoutIdentities_IsALineOfTheLogToo_AndNamesNobody()
    {
        await using var server = await HttpServer.StartAsync();
        Assert.Equal(200, (await server.GetAsync("/admin/streams/orders/ledger")).Status);
        Assert.Equal(400, (await server.PostAsync("/admin/streams/a%0Ab/dead-letters/drop", "{}")).Status);
        Assert.Equal(403, (await server.PostAsync("/admin/streams/orders/dead-letters/drop", "{}", headers: ("Via", "1.1 proxy"))).Status);
        Assert.Equal(200, (await server.GetAsync("/health")).Status);

        // A line is written behind its answer.
        await Waiting.UntilAsync(() => server.Logs.Audits.Count >= 3);
        Assert.Equal(
            [
                "Audit: GET /admin/streams/orders/ledger by anonymous from 127.0.0.1: 200",
                "Audit: POST /admin/streams/a%0Ab/dead-letters/drop by anonymous from 127.0.0.1: 400 {}",
                "Audit: POST /admin/streams/orders/dead-letters/drop by anonymous from 127.0.0.1: 403",
            ],
            server.Logs.Audits.Order(StringComparer.Ordinal));
    }

    /// <summary>A proxy on the same machine may say nothing of itself: through the port of records it led to administration all the same.</summary>
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    public async Task Front_WithAListener_ServesAdministrationThereOnly(string address)
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Address = address, Port = 0, AdminPort = 0 });
        var records = front.Url.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);

        Assert.StartsWith(" admin=http://127.0.0.1:", front.ReadySuffix, StringComparison.Ordinal);
        Assert.Equal(403, await StatusAsync(records, "/admin/kinesis"));
        Assert.Equal(200, await StatusAsync(front.AdminUrl!, "/admin/kinesis"));
        Assert.Equal(200, await StatusAsync(front.AdminUrl!, "/health/ready"));
        Assert.Equal(404, await StatusAsync(front.AdminUrl!, "/events"));
        Assert.Equal(405, await StatusAsync(records, "/events"));
    }

    /// <summary>Whoever asked for the dashboard at the port of records read that /admin is elsewhere, and not where.</summary>
    [Theory]
    [InlineData("/dashboard", 8081, "/dashboard is not served here: it is on the tier's machine at Kpl:Http:AdminPort, which the line 'ready' shows as dashboard=")]
    [InlineData("/dashboard/app.js", 0, "/dashboard is not served here: it is on the tier's machine")]
    [InlineData("/dashboard", -1, "/dashboard is not served here: Kpl:Http:AdminPort")]
    [InlineData("/admin/kinesis", 8081, "/admin is not served here: it is on the tier's machine at Kpl:Http:AdminPort, which the line 'ready' shows as admin=")]
    public void Obstacle_AtThePortOfRecords_NamesWhatIsAskedFor_AndWhereItIs(string path, int port, string expected)
    {
        var access = new AdminAccess(Options.Create(new KplHttpOptions { Address = "0.0.0.0", AdminPort = port }));
        Assert.StartsWith(expected, access.FindObstacle(new DefaultHttpContext { Request = { Path = path } }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Front_OffLoopbackWithoutAListener_ServesNoAdministration()
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Address = "0.0.0.0", Port = 0 });
        Assert.Equal(403, await StatusAsync(front.Url.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal), "/admin/kinesis"));
    }

    [Fact]
    public void PortCheck_OfAnAddressOfAnotherMachine_SaysSo() => Assert.Equal(
        ["HTTP cannot listen on 192.0.2.1:0: this machine has no such address; 0.0.0.0 stands for all that it has"],
        PortCheck.Find(new KplHttpOptions { Address = "192.0.2.1", Port = 0 }));

    [Fact]
    public void PortCheck_FindsBothPortsThatAreTaken()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        var options = new KplHttpOptions { Port = ((IPEndPoint)first.LocalEndpoint).Port, AdminPort = ((IPEndPoint)second.LocalEndpoint).Port };
        Assert.Equal(2, PortCheck.Find(options).Count());
    }

    [Theory]
    [InlineData("-Infinity")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("3601")]
    public async Task Post_WithAWaitThatIsNone_Answers400(string wait)
    {
        await using var front = await FrontServer.StartAsync(new KplHttpOptions { Port = 0 });
        var answer = await HttpAnswer.OfAsync(HttpAnswer.Client, "POST", $"{front.Url}/admin/streams/s/scale?wait={wait}", """{"shards":2}"""u8.ToArray());
        Assert.Equal(400, answer.Status);
    }

    private static async Task<int> StatusAsync(string url, string path) => (await HttpAnswer.OfAsync(HttpAnswer.Client, "GET", url + path)).Status;
}
