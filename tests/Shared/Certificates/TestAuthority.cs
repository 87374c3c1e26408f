using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Testing;

/// <summary>A certificate authority of a test's own: a root, or one between a root and certificates.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority(string name = "Test root", TestAuthority? signer = null)
    {
        var request = new CertificateRequest("CN=" + name, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        if (signer is null)
        {
            _certificate = request.CreateSelfSigned(Begin, End);
            return;
        }
        using var bare = request.Create(signer._certificate, Begin, End, RandomNumberGenerator.GetBytes(8));
        _certificate = bare.CopyWithPrivateKey(_key);
    }

    /// <summary>The authority's certificate.</summary>
    public string Pem => _certificate.ExportCertificatePem() + "\n";

    public X509Certificate2 Certificate => _certificate;

    /// <summary>The authority's key.</summary>
    public string KeyPem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Makes a certificate for names, addresses and URIs, and its key: PEM, one after the other.</summary>
    public string Issue(params string[] names) => Issue(Begin, End, names);

    /// <summary>Makes a certificate of another time.</summary>
    public string Issue(DateTimeOffset begin, DateTimeOffset end, params string[] names) => Issue(begin, end, names, null);

    /// <summary>Makes a certificate that says where the one of this authority can be fetched.</summary>
    public string IssueNaming(Uri address, params string[] names) =>
        Issue(Begin, End, names, new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [address.AbsoluteUri]));

    /// <summary>A certificate with its key, as clients of the tests use it.</summary>
    public static X509Certificate2 Load(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Connects to servers whose certificates lead to that root, and to no others.</summary>
    public static SocketsHttpHandler Trusting(X509Certificate2 root) => new()
    {
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    };

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private string Issue(DateTimeOffset begin, DateTimeOffset end, string[] names, X509Extension? more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = names.FirstOrDefault(static n => !n.Contains(':', StringComparison.Ordinal)) ?? "test";
        var request = new CertificateRequest("CN=" + subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(NamesOf(names));
        if (more is not null)
            request.CertificateExtensions.Add(more);
        using var certificate = request.Create(_certificate, begin, end, RandomNumberGenerator.GetBytes(8));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static X509Extension NamesOf(string[] names)
    {
        var all = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                all.AddIpAddress(address);
            else if (name.Contains("://", StringComparison.Ordinal))
                all.AddUri(new Uri(name));
            else
                all.AddDnsName(name);
        }
        return all.Build();
    }
}
