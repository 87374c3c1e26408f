using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>
/// Posts bodies of a call's size over TLS, several at a time, in the version of HTTP that each command names. It tells its processor time.
/// </summary>
internal static class VersionsLoad
{
    public const string Verb = "versions-load";

    private const int UnderWay = 8;
    private const int Requests = 400;

    /// <summary>As large as a piece of a call.</summary>
    public const int BodyBytes = 1 << 20;

    /// <summary>The bytes that a command sends.</summary>
    public const long Bytes = (long)Requests * BodyBytes;

    public static Task RunAsync(Uri url, string authorityFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authorityFile));
        var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = UnderWay,
            ActivityHeadersPropagator = null,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        });
        var body = new byte[BodyBytes];
        new Random(1).NextBytes(body);
        return ChildProcess.ServeAsync(async version =>
        {
            var before = Environment.CpuUsage.TotalTime;
            var left = Requests;
            await Task.WhenAll(Enumerable.Range(0, UnderWay).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                    await PostAsync(http, url, body, Version.Parse(version));
            })));
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        });
    }

    private static async Task PostAsync(HttpMessageInvoker http, Uri url, byte[] body, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body),
        };
        using var response = await http.SendAsync(request, CancellationToken.None);
        await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode != HttpStatusCode.OK || response.Version != version)
            throw new InvalidOperationException($"{response.StatusCode} in HTTP/{response.Version}");
    }
}
