using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>Reads the certificate authorities of a folder, such as OpenSSL's folders of hashed names.</summary>
internal static class AuthorityFolder
{
    private const string Setting = "Kpl:Kinesis:CaCertPath";
    private const string Beginning = "-----BEGIN CERTIFICATE-----";

    /// <summary>Returns each certificate of the folder's PEM files once. Files without one, such as revocation lists, and folders in it are passed over.</summary>
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
