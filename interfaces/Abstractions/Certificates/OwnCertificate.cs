using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>The certificate that a process shows of itself, with its key and the certificates between it and its root.</summary>
internal sealed class OwnCertificate
{
    private OwnCertificate(X509Certificate2 certificate, SslStreamCertificateContext context) => (Certificate, Context) = (certificate, context);

    /// <summary>The certificate, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The chain that TLS sends: the certificate and those after it in the file.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The end of its time.</summary>
    public DateTimeOffset NotAfter => Certificate.NotAfter;

    /// <summary>Reads a certificate; null, with an error, if it cannot be used.</summary>
    /// <param name="certificates">PEM: the process' own certificate first, then its intermediate certificates.</param>
    /// <param name="key">PEM with the certificate's private key, without a password.</param>
    /// <param name="error">What is wrong, after the file's name. It never quotes the file.</param>
    public static OwnCertificate? Read(string certificates, string key, DateTimeOffset now, out string? error)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificates);
            error = FindError(chain, key, now);
            if (error is not null)
                return null;
            var own = WithKey(certificates, key);
            return new OwnCertificate(own, SslStreamCertificateContext.Create(own, chain, offline: true));
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            error = $"cannot be used: {failure.Message}";
            return null;
        }
    }

    private static string? FindError(X509Certificate2Collection chain, string key, DateTimeOffset now)
    {
        if (chain.Count == 0)
            return "has no certificate in PEM form";
        // One that stands alone may have signed itself, as those do that openssl makes for a test.
        if (chain.Count > 1 && CertificateAuthorities.IsAuthority(chain[0]))
            return "begins with the certificate of an authority: the process' own must come first";
        if (chain[0].NotAfter <= now)
            return $"has a certificate whose time ended at {chain[0].NotAfter.ToUniversalTime():u}";
        if (chain[0].NotBefore > now)
            return $"has a certificate whose time begins at {chain[0].NotBefore.ToUniversalTime():u}";
        return key.Contains("ENCRYPTED PRIVATE KEY", StringComparison.Ordinal) ? "has a key with a password: it must stand without one" : null;
    }

    private static X509Certificate2 WithKey(string certificates, string key)
    {
        var own = X509Certificate2.CreateFromPem(certificates, key);
        if (!OperatingSystem.IsWindows())
            return own;
        // Windows' TLS takes no key that stands in memory alone.
        using (own)
            return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
    }
}
