using System.Net;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>Makes the handler of pooled connections to Kinesis, which does no retries, redirects, cookies or decompression.</summary>
internal static class KinesisHandler
{
    /// <summary>Closes idle connections before load balancers and NAT silently forget them, which they do after 350 s, some after 60 s.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(55);

    /// <summary>A connection is replaced after this long, so that changes of the host's addresses are seen.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <exception cref="Endpoints.KinesisSettingsException">The file of certificate authorities cannot be read.</exception>
    public static SocketsHttpHandler Create(KinesisOptions options, int maxConnections)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = IdleTimeout,
            PooledConnectionLifetime = Lifetime,
            MaxConnectionsPerServer = maxConnections,
            ActivityHeadersPropagator = null,
            UseProxy = false,
            SslOptions = CertificateTrust.For(options),
        };

        if (!string.IsNullOrEmpty(options.ProxyHost))
        {
            handler.UseProxy = true;
            // An IPv6 address gets its brackets.
            handler.Proxy = new WebProxy(new UriBuilder(Uri.UriSchemeHttp, options.ProxyHost, options.ProxyPort).Uri)
            {
                Credentials = string.IsNullOrEmpty(options.ProxyUserName)
                    ? null
                    : new NetworkCredential(options.ProxyUserName, options.ProxyPassword),
            };
        }

        return handler;
    }
}
