using System.Net;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities.Files;

namespace Orleans.Kpl.Http.Identities;

/// <summary>The rules for opening a tier to other machines: who they are is known, and their secrets are not readable on the way.</summary>
internal static class ExposureRules
{
    /// <summary>Returns every error, also those of the file of identities.</summary>
    public static IEnumerable<string> FindErrors(KplHttpOptions options)
    {
        if (options.Identities is { } path)
        {
            foreach (var error in IdentitiesReader.Read(path).Errors)
                yield return $"Kpl:Http:Identities: {error}";
        }
        foreach (var error in FindTlsErrors(options))
            yield return error;
        if (!IsExposed(options))
            yield break;
        if (options.Identities is null && !options.AllowAnonymous)
        {
            yield return $"Kpl:Http:Address {options.Address} lets other machines in, and nobody is asked who they are: "
                + "name a file with Kpl:Http:Identities, or let everybody in with Kpl:Http:AllowAnonymous=true";
        }
        if (options.Identities is not null && options.Tls is null && !options.AllowPlaintext)
        {
            yield return $"Kpl:Http:Address {options.Address} takes keys and tokens of other machines without TLS, readable on the way: "
                + "name a certificate with Kpl:Http:CertificateFile, or where a proxy in front has TLS, say so with Kpl:Http:AllowPlaintext=true";
        }
    }

    /// <summary>Returns what somebody has allowed, and what that means.</summary>
    public static IEnumerable<string> FindWarnings(KplHttpOptions options)
    {
        if (!IsExposed(options))
            yield break;
        if (options.Identities is null)
            yield return $"Kpl:Http:AllowAnonymous: whoever reaches {options.Address} may put records";
        else if (options.Tls is null)
            yield return $"Kpl:Http:AllowPlaintext: keys and tokens come to {options.Address} without TLS, which must end in front of it";
    }

    private static bool IsExposed(KplHttpOptions options) =>
        IPAddress.TryParse(options.Address, out var address) && !TrustedProxies.IsLoopback(address);

    private static IEnumerable<string> FindTlsErrors(KplHttpOptions options)
    {
        if (options is { ClientCaCertFile: { } roots, Identities: null })
            yield return $"Kpl:Http:ClientCaCertFile is '{roots}': it needs Kpl:Http:Identities, which tells whom certificates mean";
        if (options.Tls is { } tls)
        {
            foreach (var error in tls.Read(TimeProvider.System.GetUtcNow()).Errors)
                yield return error;
            yield break;
        }
        if (options.CertificateKeyFile is { } key)
            yield return $"Kpl:Http:CertificateKeyFile is '{key}': it needs Kpl:Http:CertificateFile";
        if (options.ClientCaCertFile is { } clients)
            yield return $"Kpl:Http:ClientCaCertFile is '{clients}': it needs Kpl:Http:CertificateFile";
    }
}
