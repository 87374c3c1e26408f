using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Producer.Tests.Logging;

namespace Orleans.Kpl.Http.Tests.Tls;

/// <remarks>Tests <see cref="CertificateNames"/> and what they make of a caller.</remarks>
public sealed class ClientCertificateTests : IDisposable
{
    private const string Orders = "spiffe://example.org/orders";

    private static readonly string Key = ApiKeyText.Create();

    private readonly TestAuthority _root = new();
    private readonly TestAuthority _clients = new("Clients");
    private readonly IdentityFolder _folder = new();

    [Theory]
    [InlineData(new[] { Orders }, 202)]
    [InlineData(new[] { "Orders.Example.com" }, 202)]
    [InlineData(new[] { "unknown.example.com", Orders }, 202)]
    [InlineData(new[] { "spiffe://example.org/ORDERS" }, 401)]
    [InlineData(new[] { "spiffe://example.org/orders/x" }, 401)]
    [InlineData(new[] { "127.0.0.1" }, 401)]
    [InlineData(new[] { Orders, "billing.example.com" }, 401)]
    [InlineData(new[] { "billing.example.com" }, 403)]
    [InlineData(new[] { "former.example.com" }, 403)]
    public async Task Put_WithACertificate_IsJudgedByTheIdentityOfItsNames(string[] names, int status)
    {
        await using var front = await StartAsync();
        using var client = Client(_clients.Issue(names));
        Assert.Equal(status, await PutAsync(client, front));
    }

    [Fact]
    public async Task Put_WithoutACertificate_NeedsAKey_AndProbesNeedNothing()
    {
        await using var front = await StartAsync();
        using var client = Client(null);
        Assert.Equal(401, await PutAsync(client, front));
        Assert.Equal(202, await PutAsync(client, front, Key));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(front.Url + "/health/live", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Put_WithAKeyToo_IsJudgedByTheKey()
    {
        await using var front = await StartAsync();
        using var client = Client(_clients.Issue("former.example.com"));
        Assert.Equal(202, await PutAsync(client, front, Key));
        using var known = Client(_clients.Issue(Orders));
        // What was sent and is no good is not made good by the connection.
        Assert.Equal(401, await PutAsync(known, front, ApiKeyText.Create()));
        Assert.Equal(401, await PutAsync(known, front, "nonsense", scheme: "Basic"));
    }

    /// <summary>The connection ended, and neither side said why.</summary>
    [Fact]
    public async Task Connection_WithACertificateThatIsNotBelieved_LeftNoLine()
    {
        using var log = new CapturedLog();
        await using var front = await StartAsync(log);
        using var others = new TestAuthority("Clients");
        using var stranger = Client(others.Issue(Orders));
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(stranger, front));
        // Also a client of a root that signs servers alone.
        using var server = Client(_root.Issue(Orders));
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(server, front));
        var begin = DateTimeOffset.UnixEpoch.AddYears(50);
        using var former = Client(_clients.Issue(begin, begin.AddYears(1), Orders));
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(former, front));
        await Waiting.UntilAsync(() => Told().Any(static line => line.Contains("NotTimeValid", StringComparison.Ordinal)));
        Assert.All(Told(), line => Assert.Contains("A TLS connection from 127.0.0.1 was refused: its certificate 'CN=", line, StringComparison.Ordinal));
        Assert.InRange(Told().Count, 2, int.MaxValue);

        List<string> Told() => [.. log.Texts.Where(static line => line.Contains("TLS connection", StringComparison.Ordinal))];
    }

    /// <summary>A stranger would have the tier ask where he says, and each handshake would hold a thread until there is an answer.</summary>
    [Fact]
    public async Task Certificates_ThatNameAnAddress_HaveNobodyFetchIt_AndKeepNoProbeWaiting()
    {
        await using var front = await StartAsync();
        using var others = new TestAuthority("Strangers");
        using var named = new SilentEndpoint();
        using var stranger = TestAuthority.Load(others.IssueNaming(new Uri(named.Url, "/secret"), Orders));
        var shown = SslStreamCertificateContext.Create(stranger, null, offline: true);
        var refused = Enumerable.Range(0, 40).Select(_ => IsRefusedAsync(new Uri(front.Url), shown)).ToList();
        using var client = Client(null);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(front.Url + "/health/live", TestContext.Current.CancellationToken)).StatusCode);
        Assert.All(await Task.WhenAll(refused).WaitAsync(Waiting.Long), Assert.True);
        Assert.False(named.WasCalled);
    }

    [Fact]
    public async Task Connections_OfACertificateWithAnotherBetweenItAndItsRoot_AreTakenEachTime()
    {
        await using var front = await StartAsync();
        using var between = new TestAuthority("Between", _clients);
        using var own = TestAuthority.Load(between.Issue(Orders));
        // Each request has a connection of its own. .NET resumes a session only where it knows what will be shown, and to whom.
        using var handler = TestAuthority.Trusting(_root.Certificate);
        handler.PooledConnectionLifetime = TimeSpan.Zero;
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(own, [between.Certificate], offline: true);
        using var client = new HttpClient(handler) { BaseAddress = new UriBuilder(front.Url) { Host = "localhost" }.Uri };
        for (var i = 0; i < 4; i++)
        {
            using var content = new StringContent("""{"partition_key":"k","payload":1}""", Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync("/events", content, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }
    }

    /// <summary>A connection lasts for as long as its client likes: what was believed at its beginning counted until then.</summary>
    [Fact]
    public async Task Root_ThatIsTakenOut_CountsNoMore_OnConnectionsThatAreThere()
    {
        await using var front = await StartAsync();
        using var client = Client(_clients.Issue(Orders));
        Assert.Equal(202, await PutAsync(client, front));
        using var later = new TestAuthority("Later clients");
        var tls = front.Services.GetRequiredService<TlsStore>();
        _folder.Write("clients.pem", _clients.Pem + later.Pem);
        tls.Refresh();
        Assert.Equal(202, await PutAsync(client, front));

        _folder.Write("clients.pem", later.Pem);
        tls.Refresh();
        Assert.Equal(401, await PutAsync(client, front));
        // That connection is over, and there is no other.
        await Assert.ThrowsAsync<HttpRequestException>(() => PutAsync(client, front));
        using var next = Client(later.Issue(Orders));
        Assert.Equal(202, await PutAsync(next, front));
    }

    [Fact]
    public async Task Certificate_ThatEnds_CountsUntilThen()
    {
        await using var front = await StartAsync();
        var end = new DateTimeOffset(2050, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var own = TestAuthority.Load(_clients.Issue(DateTimeOffset.UnixEpoch.AddYears(50), end, Orders));
        var roots = CertificateAuthorities.Read(_clients.Pem, AllowedNames.Every, out _)!;
        using var chain = new X509Chain { ChainPolicy = roots.PolicyFor(CertificatePurpose.Client) };
        Assert.True(chain.Build(own));
        var shown = ClientCertificate.Of(chain, front.Services.GetRequiredService<TlsStore>());
        Assert.Null(shown.FindFault(end - TimeSpan.FromSeconds(1)));
        Assert.Equal("the certificate has expired since its connection began", shown.FindFault(end));
    }

    [Fact]
    public void Settings_ThatLackTheOthers_AreRefused()
    {
        Assert.Equal(
            [
                "Kpl:Http:ClientCaCertFile is 'roots.pem': it needs Kpl:Http:Identities, which tells whom certificates mean",
                "Kpl:Http:ClientCaCertFile is 'roots.pem': it needs Kpl:Http:CertificateFile",
            ],
            KplHttpConfigurationTests.ErrorsOf(("ClientCaCertFile", "roots.pem")));
    }

    [Fact]
    public void Names_InTheFile_BelongToOneIdentity_AndAreNoPatterns()
    {
        _folder.Write("""
            {"identities":[{"id":"a","certificates":[{"san":"X.example"},{"san":"*.example"},{}]},{"id":"b","certificates":[{"san":"x.EXAMPLE"},{"dns":"y"}]}]}
            """);
        string[] expected =
        [
            "identities[0].certificates[1].san is no host name and no URI, such as spiffe://example.org/orders", "identities[0].certificates[2].san is missing",
            "identities[1].certificates[0].san is there already", "identities[1].certificates[1].san is missing",
            "identities[1].certificates[1].dns is not known; known are san",
        ];
        Assert.Equal(expected.Select(e => $"{_folder.File}: {e}"), _folder.Read().Errors);
    }

    public void Dispose()
    {
        _root.Dispose();
        _clients.Dispose();
        _folder.Dispose();
    }

    private Task<HttpFront> StartAsync(CapturedLog? log = null)
    {
        _folder.Write("tls.pem", _root.Issue("127.0.0.1", "localhost")).Write("clients.pem", _clients.Pem).Write(
            Identity("orders-service", "produce:orders", Orders, "orders.example.com"), Identity("billing", "produce:bills", "billing.example.com"),
            Banned(Identity("former", "produce:*", "former.example.com")), IdentityFolder.Identity("by-key", Key, "produce:orders"));
        return FrontServer.StartAsync(new KplHttpOptions
        {
            Port = 0, DefaultStream = "orders", Identities = _folder.File, CertificateFile = _folder.PathOf("tls.pem"),
            ClientCaCertFile = _folder.PathOf("clients.pem"),
        }, log);
    }

    private static JsonObject Identity(string id, string grant, params string[] names)
    {
        var identity = IdentityFolder.Identity(id, ApiKeyText.Create(), grant);
        identity["certificates"] = new JsonArray([.. names.Select(static n => new JsonObject { ["san"] = n })]);
        return identity;
    }

    private static JsonObject Banned(JsonObject identity)
    {
        identity["banned"] = true;
        return identity;
    }

    private static async Task<int> PutAsync(HttpClient client, HttpFront front, string? credential = null, string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, front.Url + "/events")
        {
            Content = new StringContent("""{"partition_key":"k","payload":1}""", Encoding.UTF8, "application/json"),
        };
        if (credential is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {credential}");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private static async Task<bool> IsRefusedAsync(Uri front, SslStreamCertificateContext shown)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(front.Host, front.Port, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(socket.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    ClientCertificateContext = shown,
                    RemoteCertificateValidationCallback = static (_, other, _, _) => other is not null,
                },
                TestContext.Current.CancellationToken);
            return await tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken) == 0;
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            return true;
        }
    }

    private HttpClient Client(string? pem)
    {
        var handler = TestAuthority.Trusting(_root.Certificate);
        handler.SslOptions.LocalCertificateSelectionCallback = pem is null ? null : (_, _, _, _, _) => TestAuthority.Load(pem);
        return new HttpClient(handler);
    }
}
