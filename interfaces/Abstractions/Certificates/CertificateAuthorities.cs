using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>The roots that the certificates of others must be signed by, and the names that they must have. The system's own roots do not count.</summary>
internal sealed class CertificateAuthorities
{
    /// <summary>No roots: whatever is shown is refused.</summary>
    public static readonly CertificateAuthorities None = new([], AllowedNames.Every);

    private readonly X509Certificate2Collection _roots;
    private readonly AllowedNames _names;

    private CertificateAuthorities(X509Certificate2Collection roots, AllowedNames names) => (_roots, _names) = (roots, names);

    /// <summary>Reads roots from PEM; null, with an error after the file's name, if they cannot be used.</summary>
    public static CertificateAuthorities? Read(string text, AllowedNames names, out string? error)
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
        return error is null ? new CertificateAuthorities(roots, names) : null;
    }

    public static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static b => b.CertificateAuthority);

    /// <summary>Whether one root is among these and others.</summary>
    public bool Overlaps(CertificateAuthorities others) => _roots.Any(others._roots.Contains);

    /// <summary>Whether a certificate of these bytes is one of these roots.</summary>
    public bool Has(ReadOnlySpan<byte> root)
    {
        foreach (var own in _roots)
        {
            if (root.SequenceEqual(own.RawDataMemory.Span))
                return true;
        }
        return false;
    }

    /// <summary>Has TLS believe these roots alone.</summary>
    public X509ChainPolicy PolicyFor(CertificatePurpose purpose) => ChainPolicies.Of(_roots, purpose);

    /// <summary>Returns why a certificate that TLS has judged by <see cref="PolicyFor"/> does not count; null where it does.</summary>
    /// <param name="shown">What the other side showed.</param>
    /// <param name="chain">What TLS made of it.</param>
    /// <param name="errors">What TLS says of it. Whether it has the name that was called does not count here.</param>
    public string? FindObjection(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is null ? "it shows no certificate"
        : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? $"its certificate '{CertificateNames.Told(shown.Subject)}' is not believed: {string.Join(", ", chain?.ChainStatus.Select(static s => s.Status) ?? [])}"
        : _names.FindObjection((X509Certificate2)shown);

    private static bool IsRoot(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
}
