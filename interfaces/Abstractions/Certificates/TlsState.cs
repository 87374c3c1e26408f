namespace Orleans.Kpl.Certificates;

/// <summary>Everything that one reading of TLS' files brought. It never changes.</summary>
internal sealed class TlsState
{
    /// <summary>What this process shows.</summary>
    public required OwnCertificate Own { get; init; }

    /// <summary>Who signs silos; null where no file is named.</summary>
    public required CertificateAuthorities? Silos { get; init; }

    /// <summary>Who signs clients; null where no file is named.</summary>
    public required CertificateAuthorities? Clients { get; init; }

    public override string ToString() => $"{Own.Certificate.Subject}, serial number {Own.Certificate.SerialNumber}, until {Own.NotAfter.UtcDateTime:u}";
}
