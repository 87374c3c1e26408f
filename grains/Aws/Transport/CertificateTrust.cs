using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>Decides which server certificates are trusted besides those that the system trusts.</summary>
internal static class CertificateTrust
{
    private const string CaCertFileSetting = "Kpl:Kinesis:CaCertFile";

    /// <summary>Returns how TLS judges the server, as the settings require.</summary>
    public static SslClientAuthenticationOptions For(KinesisOptions options) => new()
    {
        CertificateChainPolicy = ChainPolicies.OfSystem(CertificatePurpose.Server),
        RemoteCertificateValidationCallback = CheckOf(options),
    };

    /// <summary>The settings for AWS's own hosts and Datadog's: their certificates are checked, though that of a Kinesis elsewhere may go unchecked.</summary>
    public static KinesisOptions ForAws(KinesisOptions options)
    {
        var own = options.Clone();
        (own.VerifyCertificate, own.EndpointUrl) = (true, null);
        return own;
    }

    /// <summary>Whether the settings say anything about trust.</summary>
    public static bool IsSet(KinesisOptions options) =>
        !options.VerifyCertificate || !string.IsNullOrEmpty(options.CaCertFile) || !string.IsNullOrEmpty(options.CaCertPath);

    /// <summary>Returns how TLS judges the server by the authorities of one file alone, as each of AWS's SDKs that knows <c>AWS_CA_BUNDLE</c>.</summary>
    /// <exception cref="KinesisSettingsException">The file cannot be read, or has no certificate.</exception>
    public static SslClientAuthenticationOptions By(Heeded bundle) =>
        new() { CertificateChainPolicy = ChainPolicies.Of(Load(bundle.Value, bundle.Source), CertificatePurpose.Server) };

    private static RemoteCertificateValidationCallback? CheckOf(KinesisOptions options)
    {
        if (!options.VerifyCertificate)
            return static (_, _, _, _) => true;
        var authorities = new X509Certificate2Collection();
        if (!string.IsNullOrEmpty(options.CaCertFile))
            authorities.AddRange(Load(options.CaCertFile, CaCertFileSetting));
        if (!string.IsNullOrEmpty(options.CaCertPath))
            authorities.AddRange(AuthorityFolder.Load(options.CaCertPath));
        return authorities.Count == 0 ? null : TrustAlso(authorities);
    }

    private static X509Certificate2Collection Load(string file, string setting)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KinesisSettingsException(setting, $"'{file}' cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? authorities : throw new KinesisSettingsException(setting, $"'{file}' has no certificate in PEM form.");
    }

    private static RemoteCertificateValidationCallback TrustAlso(X509Certificate2Collection authorities) =>
        (_, certificate, presented, errors) =>
        {
            if (errors == SslPolicyErrors.None)
                return true;

            // A trusted authority does not excuse a wrong name or a missing certificate.
            if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
                return false;

            using var chain = new X509Chain { ChainPolicy = ChainPolicies.Of(authorities, CertificatePurpose.Server) };
            if (presented is not null)
                chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
            using var own = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            return chain.Build(own);
        };
}

/// <summary>Reads the certificate authorities of a folder, such as OpenSSL's folders of hashed names.</summary>
internal static class AuthorityFolder
{
    private const string Setting = "Kpl:Kinesis:CaCertPath";
    private const string Beginning = "-----BEGIN CERTIFICATE-----";

    /// <summary>
    /// Returns each certificate of the folder's PEM files once. Files without one, such as revocation lists, and folders in it are passed over.
    /// </summary>
    /// <exception cref="KinesisSettingsException">The folder or a file in it cannot be read, or no file has a certificate.</exception>
    public static X509Certificate2Collection Load(string folder)
    {
        var authorities = new Dictionary<string, X509Certificate2>(StringComparer.Ordinal);
        var file = folder;
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                // In folders of hashed names each file has links to it, some of which may lead nowhere.
                file = path;
                if (File.ResolveLinkTarget(path, returnFinalTarget: true) is { Exists: false })
                    continue;
                var pem = File.ReadAllText(path);
                if (!pem.Contains(Beginning, StringComparison.Ordinal))
                    continue;
                var read = new X509Certificate2Collection();
                read.ImportFromPem(pem);
                foreach (var authority in read)
                    authorities[authority.Thumbprint] = authority;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KinesisSettingsException(Setting, $"'{file}' cannot be read: {e.Message}");
        }

        return authorities.Count > 0 ? [.. authorities.Values] : throw new KinesisSettingsException(Setting, $"'{folder}' has no file with a certificate in PEM form.");
    }
}
