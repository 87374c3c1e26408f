using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Http.Tests.Tls;

/// <remarks>Tests <see cref="TlsListener"/>.</remarks>
public sealed class HttpsTests : IDisposable
{
    private const string Body = """{"partition_key":"k","payload":1}""";

    private readonly TestAuthority _root = new();
    private readonly DeployedFolder _folder = new();

    [Fact]
    public async Task Certificate_MakesEveryAddressHttps_AndPlainHttpIsToldSo()
    {
        await using var front = await StartAsync(_root.Issue("127.0.0.1"));
        using var client = Client(_root);
        Assert.StartsWith("https://127.0.0.1:", front.Url, StringComparison.Ordinal);
        Assert.StartsWith("https://127.0.0.1:", front.AdminUrl, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(client, front.Url));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(front.AdminUrl + "/admin/kinesis", TestContext.Current.CancellationToken)).StatusCode);

        using var plain = new HttpClient();
        foreach (var url in new[] { front.Url, front.AdminUrl! })
        {
            using var answer = await plain.PostAsync(
                url.Replace("https", "http", StringComparison.Ordinal) + "/health", new ByteArrayContent(new byte[100_000]),
                TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(
                "\"error_message\":\"this port speaks HTTPS: its address begins with https:// and not with http://\"",
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Protocol_IsWhatTheClientAsksFor(string version)
    {
        await using var front = await StartAsync(_root.Issue("127.0.0.1"));
        using var client = Client(_root);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.Url + "/health/live")
        {
            Version = new Version(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, new Version(version)), (answer.StatusCode, answer.Version));
    }

    [Fact]
    public async Task Chain_BetweenTheCertificateAndItsRoot_IsSent()
    {
        using var between = new TestAuthority("Between", _root);
        await using var front = await StartAsync(between.Issue("127.0.0.1") + between.Pem);
        using var client = Client(_root);
        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(client, front.Url));
    }

    [Fact]
    public async Task Certificate_ReplacedUnderLoad_FailsNoRequest()
    {
        await using var front = await StartAsync(_root.Issue("127.0.0.1"));
        var store = front.Services.GetRequiredService<TlsStore>();
        var seen = new ConcurrentDictionary<string, bool>();
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentBag<string>();
        var answered = 0;
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            do
            {
                // A connection of its own for each request, so that each meets the certificate in force.
                using var client = Client(_root, seen);
                try
                {
                    if (await PutAsync(client, front.Url) is not HttpStatusCode.Accepted and var status)
                        failures.Add(status.ToString());
                    Interlocked.Increment(ref answered);
                }
                catch (HttpRequestException error)
                {
                    failures.Add(error.ToString());
                }
            }
            while (!stop.IsCancellationRequested);
        }).ToList();

        for (var i = 0; i < 5; i++)
        {
            var before = Volatile.Read(ref answered);
            await Waiting.UntilAsync(() => Volatile.Read(ref answered) > before + 8);
            _folder.Write("own", i == 2 ? "no certificate" : _root.Issue("127.0.0.1"));
            store.Refresh();
        }
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Empty(failures);
        Assert.True(seen.Count >= 4, $"{seen.Count} certificates were seen");
    }

    [Fact]
    public async Task Connection_ThatIsThere_GoesOnAfterAChange()
    {
        await using var front = await StartAsync(_root.Issue("127.0.0.1"));
        var seen = new ConcurrentDictionary<string, bool>();
        using var client = Client(_root, seen);
        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(client, front.Url));
        _folder.Write("own", _root.Issue("127.0.0.1"));
        front.Services.GetRequiredService<TlsStore>().Refresh();
        Assert.Equal(HttpStatusCode.Accepted, await PutAsync(client, front.Url));
        Assert.Single(seen);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private Task<HttpFront> StartAsync(string pem) =>
        FrontServer.StartAsync(new KplHttpOptions { Port = 0, AdminPort = 0, CertificateFile = _folder.Write("own", pem) });

    private static async Task<HttpStatusCode> PutAsync(HttpClient client, string url)
    {
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(url + "/events", content, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    /// <summary>A client that trusts one root alone, and notes which certificates it was shown.</summary>
    private static HttpClient Client(TestAuthority root, ConcurrentDictionary<string, bool>? seen = null)
    {
        var handler = TestAuthority.Trusting(root.Certificate);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            seen?.TryAdd(certificate!.GetSerialNumberString(), true);
            return errors == SslPolicyErrors.None;
        };
        return new HttpClient(handler);
    }
}
