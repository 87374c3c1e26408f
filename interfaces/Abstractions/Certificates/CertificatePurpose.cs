using System.Security.Cryptography;

namespace Orleans.Kpl.Certificates;

/// <summary>What a certificate is shown for. One without extended key usages serves every purpose.</summary>
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
