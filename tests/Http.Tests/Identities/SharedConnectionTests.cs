using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>
/// Over HTTP/2 the requests of many callers share one connection, many at a time, as they do behind a proxy. Each is judged by its own credential.
/// </summary>
/// <remarks>Tests <see cref="ConnectionCredential"/>.</remarks>
public sealed class SharedConnectionTests : IDisposable
{
    private readonly string _ordersKey = ApiKeyText.Create();
    private readonly string _othersKey = ApiKeyText.Create();
    private readonly TestAuthority _root = new();
    private readonly DeployedFolder _certificates = new();
    private readonly IdentityFolder _identities = new();
    private int _connections;

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public async Task TwoIdentities_OnOneConnection_AreEachJudgedByTheirOwnCredential(int atATime)
    {
        await using var front = await StartAsync();
        using var client = Client(front.Url);
        // Each puts into its own stream, and tries the other's; one more has a key that nobody knows.
        (string Credential, string Stream, int Expected)[] turns =
        [
            (_ordersKey, "orders", 202), (_othersKey, "others", 202), (_ordersKey, "others", 403), (_othersKey, "orders", 403),
            (ApiKeyText.Create(), "orders", 401), (_ordersKey, "orders", 202), (_ordersKey, "orders", 202), (_othersKey, "others", 202),
        ];

        await PutAllAsync(client, turns, atATime);
        // The last one that the connection remembers is taken out while the connection stays.
        await PutAllAsync(client, [(_ordersKey, "orders", 202)], 1);
        _identities.Write(
            IdentityFolder.Identity("orders", ApiKeyText.Create(), "produce:orders"), IdentityFolder.Identity("others", _othersKey, "produce:others"));
        front.Services.GetRequiredService<IdentityStore>().Refresh();
        await PutAllAsync(client, [(_ordersKey, "orders", 401)], 1);
        await PutAllAsync(client, [.. turns.Select(t => t.Credential == _ordersKey ? t with { Expected = 401 } : t)], atATime);

        Assert.Equal(1, _connections);
    }

    public void Dispose()
    {
        _root.Dispose();
        _certificates.Dispose();
        _identities.Dispose();
    }

    private Task<HttpFront> StartAsync()
    {
        _identities.Write(
            IdentityFolder.Identity("orders", _ordersKey, "produce:orders"), IdentityFolder.Identity("others", _othersKey, "produce:others"));
        return FrontServer.StartAsync(new KplHttpOptions
        {
            Port = 0, CertificateFile = _certificates.Write("own", _root.Issue("127.0.0.1")), Identities = _identities.File,
        });
    }

    /// <summary>Puts by turns, often enough that each stream of the connection has had every caller, and some twice in a row.</summary>
    private static async Task PutAllAsync(HttpClient client, (string Credential, string Stream, int Expected)[] turns, int atATime)
    {
        var wrong = new ConcurrentBag<string>();
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, atATime).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < 25 * turns.Length; i = Interlocked.Increment(ref next))
            {
                var (credential, stream, expected) = turns[i % turns.Length];
                if (await PutAsync(client, credential, stream) is var status && status != expected)
                    wrong.Add($"turn {i % turns.Length} was answered with {status} instead of {expected}");
            }
        }));
        Assert.Empty(wrong);
    }

    private static async Task<int> PutAsync(HttpClient client, string credential, string stream)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/streams/{stream}/records?ack=accepted")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("""[{"partition_key":"k","payload":1}]""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private HttpClient Client(string url) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, _, _) => Interlocked.Increment(ref _connections) > 0,
        },
    })
    {
        BaseAddress = new Uri(url),
    };
}
