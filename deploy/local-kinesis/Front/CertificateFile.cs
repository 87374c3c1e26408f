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
        // It has a key: nobody else's.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(pem);
    }
}
