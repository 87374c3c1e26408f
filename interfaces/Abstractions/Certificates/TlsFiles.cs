using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Certificates;

/// <summary>The files that TLS needs, as settings name them.</summary>
internal sealed class TlsFiles
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The section of the settings, such as <c>Kpl:Http</c>.</summary>
    public required string Section { get; init; }

    /// <summary>The process' own certificate, and its intermediate certificates.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>Its key; null where it stands in the certificate's file.</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>The roots of silos; null for none.</summary>
    public string? SiloCaCertFile { get; init; }

    /// <summary>The roots of clients; null for none.</summary>
    public string? ClientCaCertFile { get; init; }

    /// <summary>The names of silos; empty where their roots alone count.</summary>
    public IReadOnlyList<string> SiloNames { get; init; } = [];

    /// <summary>The names of clients; empty where their roots alone count.</summary>
    public IReadOnlyList<string> ClientNames { get; init; } = [];

    /// <summary>Whether the certificate is shown to silos as one of them: then it has one of <see cref="SiloNames"/>.</summary>
    public bool IsOfSilo { get; init; }

    /// <param name="inForce">What is in force. It is returned where the files are what they were then: nothing is parsed.</param>
    public TlsReading Read(DateTimeOffset now, TlsReading? inForce = null)
    {
        var errors = new List<string>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var certificate = ReadText(nameof(CertificateFile), CertificateFile, errors, hash);
        var key = CertificateKeyFile is null ? certificate : ReadText(nameof(CertificateKeyFile), CertificateKeyFile, errors, hash);
        var siloRoots = ReadText(nameof(SiloCaCertFile), SiloCaCertFile, errors, hash);
        var clientRoots = ReadText(nameof(ClientCaCertFile), ClientCaCertFile, errors, hash);
        var fingerprint = Convert.ToHexString(hash.GetHashAndReset());
        if (errors.Count == 0 && inForce?.Fingerprint == fingerprint)
            return inForce;

        var own = certificate is null || key is null ? null : ReadOwn(certificate, key, now, errors);
        var siloNames = Allowed(nameof(SiloNames), SiloNames);
        if (IsOfSilo && own is not null && siloNames.FindObjection(own.Certificate) is { } objection)
            errors.Add($"{Section}:{nameof(CertificateFile)} '{CertificateFile}': no silo would take this one: {objection}");
        var silos = ReadAuthorities(nameof(SiloCaCertFile), SiloCaCertFile, siloRoots, siloNames, errors);
        var clients = ReadAuthorities(nameof(ClientCaCertFile), ClientCaCertFile, clientRoots, Allowed(nameof(ClientNames), ClientNames), errors);
        if (silos is not null && clients is not null && silos.Overlaps(clients))
            errors.Add($"{Section}:{nameof(ClientCaCertFile)} has a root of {nameof(SiloCaCertFile)} too: whoever it signs could pass for a silo");
        var state = errors.Count > 0 ? null : new TlsState { Own = own!, Silos = silos, Clients = clients };
        return new TlsReading(state, errors, fingerprint, SmallFile.IsOpenToOthers(CertificateKeyFile ?? CertificateFile));
    }

    private OwnCertificate? ReadOwn(string certificate, string key, DateTimeOffset now, List<string> errors)
    {
        var own = OwnCertificate.Read(certificate, key, now, out var error);
        if (error is not null)
            errors.Add($"{Section}:{nameof(CertificateFile)} '{CertificateFile}' {error}");
        return own;
    }

    private AllowedNames Allowed(string setting, IReadOnlyList<string> names) => new($"{Section}:{setting}", names);

    private CertificateAuthorities? ReadAuthorities(string setting, string? file, string? roots, AllowedNames names, List<string> errors)
    {
        if (roots is null)
            return null;
        var authorities = CertificateAuthorities.Read(roots, names, out var error);
        if (error is not null)
            errors.Add($"{Section}:{setting} '{file}' {error}");
        return authorities;
    }

    private string? ReadText(string setting, string? file, List<string> errors, IncrementalHash hash)
    {
        if (file is null)
            return null;
        if (SmallFile.TryRead(file, MaxBytes, out var error) is { } bytes)
        {
            hash.AppendData(SHA256.HashData(bytes));
            return Encoding.UTF8.GetString(bytes);
        }
        errors.Add($"{Section}:{setting} '{file}' {error}");
        return null;
    }
}

/// <summary>One reading of TLS' files.</summary>
/// <param name="State">The certificates and key in them; null where there are errors.</param>
/// <param name="Errors">Every error; each names its setting and its file.</param>
/// <param name="Fingerprint">Differs where any file does.</param>
/// <param name="IsKeyOpen">Whether every user of this machine may read the key.</param>
internal sealed record TlsReading(TlsState? State, IReadOnlyList<string> Errors, string Fingerprint, bool IsKeyOpen);

/// <summary>Everything that one reading of TLS' files brought. It never changes.</summary>
internal sealed class TlsState
{
    /// <summary>The certificate that this process shows.</summary>
    public required OwnCertificate Own { get; init; }

    /// <summary>The authorities that sign silos; null where no file is named.</summary>
    public required CertificateAuthorities? Silos { get; init; }

    /// <summary>The authorities that sign clients; null where no file is named.</summary>
    public required CertificateAuthorities? Clients { get; init; }

    public override string ToString() => $"{Own.Certificate.Subject}, serial number {Own.Certificate.SerialNumber}, until {Own.NotAfter.UtcDateTime:u}";
}

/// <summary>The files that settings of a cluster name.</summary>
internal static class ClusterFiles
{
    /// <summary>Returns the errors of all: certificates, keys and roots.</summary>
    public static IReadOnlyList<string> FindErrors(KplClusterOptions options, TimeProvider time, bool isSilo = false)
    {
        IReadOnlyList<string> ofTls = (isSilo ? options.SiloTls : options.Tls) is { SiloCaCertFile: not null } tls ? tls.Read(time.GetUtcNow()).Errors : [];
        return options.AdminKeyFile is { } keys && AdminKeys.Read(keys, out var error) is null ? [.. ofTls, error!] : ofTls;
    }
}
