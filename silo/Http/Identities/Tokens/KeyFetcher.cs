using System.Net;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Http.Identities.Tokens;

/// <summary>Reads published keys over https: no redirects, five seconds, 1 MiB.</summary>
internal sealed class KeyFetcher : IDisposable
{
    private const int MaxBytes = 1 << 20;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        SslOptions = { CertificateChainPolicy = ChainPolicies.OfSystem(CertificatePurpose.Server) },
    })
    {
        Timeout = TimeSpan.FromSeconds(5),
        MaxResponseContentBufferSize = MaxBytes,
    };

    public async Task<byte[]> FetchAsync(Uri address, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(address, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
