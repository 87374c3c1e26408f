using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>The roots that the certificates of others must be signed by. The system's own roots do not count.</summary>
internal sealed class CertificateAuthorities
{
    private readonly X509Certificate2Collection _roots;

    private CertificateAuthorities(X509Certificate2Collection roots) => _roots = roots;

    /// <summary>Reads roots from PEM; null, with an error after the file's name, if they cannot be used.</summary>
    public static CertificateAuthorities? Read(string text, out string? error)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(text);
        }
        catch (CryptographicException failure)
        {
            error = $"cannot be used: {failure.Message}";
            return null;
        }
        error = roots.Count == 0 ? "has no certificate in PEM form"
            : roots.FirstOrDefault(static r => !IsAuthority(r)) is { } leaf ? $"has '{leaf.Subject}', which is no authority"
            : roots.FirstOrDefault(static r => !IsRoot(r)) is { } between ? $"has '{between.Subject}', which another authority has signed: a root is expected"
            : null;
        return error is null ? new CertificateAuthorities(roots) : null;
    }

    public static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static b => b.CertificateAuthority);

    /// <summary>Whether one root is among these and others.</summary>
    public bool Overlaps(CertificateAuthorities others) => _roots.Any(others._roots.Contains);

    /// <summary>Whether one of these roots has signed a certificate, for that purpose, and its time has not ended.</summary>
    /// <param name="certificate">The certificate of the other side.</param>
    /// <param name="purpose">What it is shown for.</param>
    /// <param name="presented">The chain that TLS made of what the other side sent; null for none.</param>
    public bool HaveSigned(X509Certificate certificate, CertificatePurpose purpose, X509Chain? presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(purpose.Id);
        if (presented is not null)
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(copy);
    }

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
