using Orleans.Kpl.Administration;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>
/// The caller's credentials, and the tier's certificates: <c>KPL_API_KEY</c> or <c>KPL_TOKEN_FILE</c>, and <see cref="TierCertificates"/>. Never arguments,
/// which every user of a machine can read.
/// </summary>
internal sealed class TierAccess(CliHost host, string? key, string? tokenFile, TierCertificates certificates)
{
    public const string KeyVariable = "KPL_API_KEY";
    public const string TokenVariable = "KPL_TOKEN_FILE";

    private int _hasWarned;
    private volatile string? _token;

    /// <summary>The command that asks.</summary>
    public CliHost Host => host;

    /// <summary>Whether requests say who asks.</summary>
    public bool HasCredential => key is not null || tokenFile is not null || certificates.Own is not null;

    /// <summary>Reads the environment.</summary>
    /// <exception cref="CliException">It cannot work; the exception lists every error.</exception>
    public static TierAccess Of(CliHost host)
    {
        var errors = new List<string>();
        var key = host.Variable(KeyVariable)?.Trim();
        if (key is not null && (ApiKeyText.FindId(key) is null || key.Any(char.IsControl)))
            errors.Add($"{KeyVariable} holds no API key: one begins with {ApiKeyText.Prefix}");
        var tokenFile = host.Variable(TokenVariable) is { } file ? host.PathOf(file) : null;
        if (key is not null && tokenFile is not null)
            errors.Add($"{KeyVariable} and {TokenVariable} exclude each other");
        var certificates = TierCertificates.Read(host, errors);
        return errors.Count > 0 ? throw CliException.BadArguments(errors) : new TierAccess(host, key, tokenFile, certificates);
    }

    /// <summary>Creates a client for requests to a tier.</summary>
    /// <param name="isKnown">Whether the requests say who asks, with the key or the token.</param>
    public HttpClient CreateClient(Uri tier, TimeSpan connectLimit, bool isKnown = true)
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 512,
            ConnectTimeout = connectLimit,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseProxy = !tier.IsLoopback,
            UseCookies = false,
            // A redirect that is followed turns POST into GET, and leaves the credential behind.
            AllowAutoRedirect = false,
        };
        if (certificates.Own is { } own)
            handler.SslOptions.ClientCertificateContext = own.Context;
        handler.SslOptions.CertificateChainPolicy = certificates.Authorities is { } authorities
            ? ChainPolicies.Of(authorities, CertificatePurpose.Server)
            : ChainPolicies.OfSystem(CertificatePurpose.Server);
        // Asked here, by one thread: of several that ask a System.Uri first, one may be told that it is no loopback.
        var isClearText = tier is { Scheme: "http", IsLoopback: false };
        return new HttpClient(new Signer(this, isKnown, isClearText) { InnerHandler = handler }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The address of a path of a tier, which may itself be below a path.</summary>
    public static Uri At(Uri tier, string path) => new(tier, $"{tier.AbsolutePath.TrimEnd('/')}{path}");

    /// <summary>
    /// Returns the credential; a token is read anew, because whoever mounts it replaces it before it expires. While the file has none, the last one is good.
    /// </summary>
    /// <exception cref="CliException">The file of the token cannot be read, and never could.</exception>
    private string? Read()
    {
        if (tokenFile is null)
            return key;
        try
        {
            if (File.ReadAllText(tokenFile).Trim() is { Length: > 0 } token && !token.AsSpan().ContainsAnyInRange('\0', ' '))
                return _token = token;
            return _token ?? throw CliException.BadArguments($"{TokenVariable}: '{tokenFile}' holds no token");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return _token ?? throw CliException.BadArguments($"{TokenVariable}: '{tokenFile}' cannot be read: {FileFault.Describe(error, tokenFile!)}");
        }
    }

    /// <summary>Says once that a credential goes over the network for everybody to read. No tier starts like that, unless it is told to.</summary>
    private void WarnOfClearText(Uri tier)
    {
        if (Interlocked.Exchange(ref _hasWarned, 1) == 0)
        {
            var credential = key is null ? TokenVariable : KeyVariable;
            new StatusLine(host).WriteLine($"kpl: warning: {credential} goes to http://{tier.Authority} without TLS, readable on the way: use https");
        }
    }

    /// <summary>Says what .NET says of an inner exception, or nobody says, of certificates; null where it is about something else.</summary>
    private string? Explain(HttpRequestException error, bool wasAnswered)
    {
        if (error.HttpRequestError is HttpRequestError.SecureConnectionError)
        {
            var advice = CallFailure.IsWithoutTls(error) ? ""
                : certificates.Authorities is null ? $"; {TierCertificates.AuthorityVariable} names PEM with the authority of the tier's certificate"
                : $"; {TierCertificates.AuthorityVariable} names the only authorities that are believed";
            return CallFailure.Describe(error).TrimEnd('.') + advice;
        }

        // In TLS 1.3 a client's certificate is judged after the handshake, and a connection that ends is all that is told.
        var isThere = error.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError);
        return certificates.Own is not null && !wasAnswered && isThere
            ? $"the connection ended before anything was answered: perhaps the tier does not take the certificate of {TierCertificates.OwnVariable}, and its log tells why"
            : null;
    }

    private sealed class Signer(TierAccess access, bool isKnown, bool isClearText) : DelegatingHandler
    {
        private volatile bool _wasAnswered;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (isKnown && access.Read() is { } credential)
            {
                if (isClearText)
                    access.WarnOfClearText(request.RequestUri!);
                request.Headers.Authorization = new("Bearer", credential);
            }

            try
            {
                var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                _wasAnswered = true;
                if (NoTier.DescribeRedirect(response) is not { } redirect)
                    return response;
                response.Dispose();
                throw CliException.NotThere(redirect);
            }
            catch (HttpRequestException error) when (access.Explain(error, _wasAnswered) is { } why)
            {
                throw new HttpRequestException(error.HttpRequestError, why, error.InnerException, error.StatusCode);
            }
        }
    }
}
