using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>A PEM file with the TLS port's certificate and its key, so that clients can be told once whom to trust.</summary>
internal static class CertificateFile
{
    /// <summary>The certificate in the file; where there is no file, a new one, which is written there.</summary>
    /// <exception cref="ArgumentException">The file cannot be used; the message says why.</exception>
    public static X509Certificate2 LoadOrCreate(string path, IPAddress address)
    {
        try
        {
            if (!File.Exists(path)) Write(path, SelfSignedCertificate.CreatePem(address));
            var certificate = Load(File.ReadAllText(path));
            // Clients check it against their own clocks, whatever the endpoint's says.
            if (TimeProvider.System.GetUtcNow() <= certificate.NotAfter.ToUniversalTime()) return certificate;
            certificate.Dispose();
            throw new ArgumentException($"TlsCertificateFile {path} has expired: without the file a new one is made.");
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"TlsCertificateFile {path} must be PEM with a certificate and its key, or a new file: {error.Message}", error);
        }
    }

    public static X509Certificate2 Load(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem, pem);
        // Windows' TLS needs a key that was loaded as a whole.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    private static void Write(string path, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // The file has a key: nobody else may read it.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(pem);
    }
}

/// <summary>A certificate for this machine's own names, its own root, good for a year.</summary>
internal static class SelfSignedCertificate
{
    public static X509Certificate2 Create(IPAddress address) => CertificateFile.Load(CreatePem(address));

    /// <summary>Certificate and key as PEM.</summary>
    public static string CreatePem(IPAddress address)
    {
        // Clients check it against their own clocks, whatever the endpoint's says.
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        if (!IPAddress.IsLoopback(address)) names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        // A root of its own, so that a client can be given it as its CA bundle.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
