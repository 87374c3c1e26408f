using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>
/// How the certificates of others are judged, everywhere. Only what the other side sent is looked at, and what is here: a certificate may name an address
/// for the one that signed it, and whoever fetches that asks where a stranger says, and waits as long as the stranger likes.
/// </summary>
internal static class ChainPolicies
{
    /// <summary>Certificates that the system's own authorities have signed.</summary>
    public static X509ChainPolicy OfSystem(CertificatePurpose purpose)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(purpose.Id);
        return policy;
    }

    /// <summary>Certificates that these authorities have signed, and no others.</summary>
    public static X509ChainPolicy Of(X509Certificate2Collection roots, CertificatePurpose purpose)
    {
        var policy = OfSystem(purpose);
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }
}

/// <summary>The purpose that a certificate is shown for. One without extended key usages serves every purpose.</summary>
internal sealed class CertificatePurpose
{
    /// <summary>By whoever was called.</summary>
    public static readonly CertificatePurpose Server = new("1.3.6.1.5.5.7.3.1");

    /// <summary>By the caller.</summary>
    public static readonly CertificatePurpose Client = new("1.3.6.1.5.5.7.3.2");

    private CertificatePurpose(string id) => Id = new Oid(id);

    /// <summary>The extended key usage.</summary>
    public Oid Id { get; }
}
