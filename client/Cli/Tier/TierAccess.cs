using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>
/// Who asks a tier, and whom it believes to be one: <c>KPL_API_KEY</c> or <c>KPL_TOKEN_FILE</c>, and <see cref="TierCertificates"/>. Never arguments,
/// which every user of a machine can read.
/// </summary>
internal sealed class TierAccess
{
    public const string KeyVariable = "KPL_API_KEY";
    public const string TokenVariable = "KPL_TOKEN_FILE";

    private readonly string? _key;
    private readonly string? _tokenFile;
    private readonly TierCertificates _certificates;

    private TierAccess(string? key, string? tokenFile, TierCertificates certificates) =>
        (_key, _tokenFile, _certificates) = (key, tokenFile, certificates);

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
        return errors.Count > 0 ? throw CliException.BadArguments(errors) : new TierAccess(key, tokenFile, certificates);
    }

    /// <summary>Creates a client for requests to a tier, over a handler whose other settings the caller made.</summary>
    public HttpClient CreateClient(SocketsHttpHandler handler)
    {
        // Where a tier's address leads elsewhere, the handler leaves the credential behind.
        if (_certificates.Own is { } own)
            handler.SslOptions.ClientCertificateContext = own.Context;
        if (_certificates.Authorities is { } authorities)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsSignedBy(authorities, certificate, errors);
        return new HttpClient(new Signer(this) { InnerHandler = handler }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <remarks>An authority of one's own never heals a certificate with another name.</remarks>
    private static bool IsSignedBy(X509Certificate2Collection authorities, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 leaf || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        return chain.Build(leaf);
    }

    /// <summary>Returns the credential; a token is read anew, because whoever mounts it replaces it before it expires.</summary>
    /// <exception cref="CliException">The file of the token cannot be read.</exception>
    private string? Read()
    {
        if (_tokenFile is null)
            return _key;
        try
        {
            return File.ReadAllText(_tokenFile).Trim() is { Length: > 0 } token && !token.AsSpan().ContainsAnyInRange('\0', ' ')
                ? token
                : throw CliException.BadArguments($"{TokenVariable}: '{_tokenFile}' holds no token");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadArguments($"{TokenVariable}: '{_tokenFile}' cannot be read: {error.Message}");
        }
    }

    private sealed class Signer(TierAccess access) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (access.Read() is { } credential)
                request.Headers.Authorization = new("Bearer", credential);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
