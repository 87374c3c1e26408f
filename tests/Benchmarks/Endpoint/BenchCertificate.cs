using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>A certificate of this machine's own name and address, its own root, made for one run: files that are gone with it.</summary>
internal sealed class BenchCertificate : IDisposable
{
    private readonly PrivateFolder _folder = new();

    public BenchCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        AuthorityFile = _folder.Write("authority.pem", certificate.ExportCertificatePem());
        ServerFile = _folder.Write("server.pem", $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    /// <summary>The certificate alone, for those who are to trust it.</summary>
    public string AuthorityFile { get; }

    /// <summary>Certificate and key.</summary>
    public string ServerFile { get; }

    public static X509Certificate2 Load(string serverFile)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(serverFile);
        // Windows' TLS needs a key that was loaded as a whole.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    public void Dispose() => _folder.Dispose();
}
