using System.Net;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Connections that heed what the environment says of certificates and proxies. Where such a connection fails, the message names the variable.
/// </summary>
internal sealed class EnvironmentHandler : DelegatingHandler
{
    private readonly EnvironmentProxy? _proxy;
    private readonly HostVariant _variant;
    private readonly Heeded? _bundle;

    private EnvironmentHandler(SocketsHttpHandler inner, EnvironmentProxy? proxy, HostVariant variant, Heeded? bundle)
        : base(inner) => (_proxy, _variant, _bundle) = (proxy, variant, bundle);

    /// <summary>Whether the environment says anything about connections.</summary>
    /// <exception cref="KinesisSettingsException">What it says is no address, or a file cannot be read.</exception>
    public static bool IsNeeded(string? profile, AwsEnvironment environment) =>
        EnvironmentProxy.Find(environment) is not null || environment.FindBundle(profile) is not null;

    /// <summary>Makes the connections: by the settings, and where they are silent by the environment.</summary>
    /// <param name="variant">Which of the region's hosts are called.</param>
    /// <exception cref="KinesisSettingsException">A proxy has no address, or certificates cannot be read.</exception>
    public static HttpMessageHandler Create(KinesisOptions options, HostVariant variant, AwsEnvironment environment, int maxConnections)
    {
        // An endpoint that settings put on this machine, such as the local tier's, does not depend on the environment.
        var isHere = options.EndpointUrl is { IsLoopback: true };
        var bundle = CertificateTrust.IsSet(options) || (isHere && options.EndpointUrl!.Scheme == Uri.UriSchemeHttp) ? null
            : environment.FindBundle(options.Profile);
        var proxy = isHere || !string.IsNullOrEmpty(options.ProxyHost) ? null : EnvironmentProxy.Find(environment);
        var handler = KinesisHandler.Create(options, maxConnections);
        if (bundle is not null)
            handler.SslOptions = CertificateTrust.By(bundle);
        if (proxy is not null)
            (handler.UseProxy, handler.Proxy) = (true, proxy);
        return bundle is null && proxy is null && !variant.IsFips && !variant.IsDualStack ? handler : new EnvironmentHandler(handler, proxy, variant, bundle);
    }

    /// <summary>The settings of the environment that are heeded on the way to an address.</summary>
    public static IEnumerable<string> SourcesOf(HttpMessageHandler handler, Uri destination) => handler is EnvironmentHandler own
        ? new[] { own._proxy?.To(destination)?.Source, destination.Scheme == Uri.UriSchemeHttps ? own._bundle?.Source : null }.OfType<string>()
        : [];

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Check(base.Send(request, cancellationToken), request);
        }
        catch (HttpRequestException error) when (Explain(error, request.RequestUri!) is { } why)
        {
            throw Explained(error, why, request.RequestUri!);
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Check(await base.SendAsync(request, cancellationToken).ConfigureAwait(false), request);
        }
        catch (HttpRequestException error) when (Explain(error, request.RequestUri!) is { } why)
        {
            throw Explained(error, why, request.RequestUri!);
        }
    }

    /// <summary>The error of a connection to a proxy, told as the proxy's and not the endpoint's, such as that of its host's name.</summary>
    private HttpRequestException Explained(HttpRequestException error, string why, Uri to)
    {
        var kind = error.HttpRequestError != HttpRequestError.SecureConnectionError && _proxy?.To(to) is not null
            ? HttpRequestError.ProxyTunnelError
            : error.HttpRequestError;
        return new HttpRequestException(kind, $"{why}: {CallFailure.Describe(error)}", error.InnerException, error.StatusCode);
    }

    /// <summary>A plain request to a proxy is answered by it, where an encrypted one fails.</summary>
    private HttpResponseMessage Check(HttpResponseMessage response, HttpRequestMessage request)
    {
        if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired || _proxy?.To(request.RequestUri!) is null)
            return response;
        response.Dispose();
        throw new HttpRequestException(HttpRequestError.ProxyTunnelError, "it answered with 407.", null, HttpStatusCode.ProxyAuthenticationRequired);
    }

    private string? Explain(HttpRequestException error, Uri to)
    {
        if (error.HttpRequestError == HttpRequestError.SecureConnectionError)
            return _bundle is { } bundle ? $"{bundle.Source} names the only authorities that are trusted, {bundle.Value}" : null;
        if (_proxy?.To(to) is { } proxy)
        {
            var what = error.HttpRequestError is not HttpRequestError.ProxyTunnelError ? "is not reached"
                : error.StatusCode == HttpStatusCode.ProxyAuthenticationRequired || error.Message.Contains("'407'", StringComparison.Ordinal)
                    ? "wants a user and a password that it knows" : $"refuses to connect to {to.Authority}";
            return $"{proxy.Source}: the proxy {proxy.Address.AbsoluteUri.TrimEnd('/')} {what}";
        }

        return error.HttpRequestError == HttpRequestError.NameResolutionError && (_variant.Fips ?? _variant.DualStack) is { } asked
            ? $"{asked.Source} is true, and {to.Host} may not exist: not every region has such an endpoint" : null;
    }
}
