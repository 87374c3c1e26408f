using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>
/// The certificates of conversations with a tier, from files that the environment names: <c>KPL_CERT</c> and <c>KPL_CERT_KEY</c> show who asks,
/// <c>KPL_CA</c> says whom to believe.
/// </summary>
internal sealed class TierCertificates
{
    public const string OwnVariable = "KPL_CERT";
    public const string KeyVariable = "KPL_CERT_KEY";
    public const string AuthorityVariable = "KPL_CA";

    /// <summary>The certificate for a tier that asks for one; null for none.</summary>
    public OwnCertificate? Own { get; private init; }

    /// <summary>The authorities that a tier's certificate may be signed by; null for the machine's.</summary>
    public X509Certificate2Collection? Authorities { get; private init; }

    /// <summary>Reads the files that the environment names.</summary>
    /// <param name="host">The environment, the folder and the clock.</param>
    /// <param name="errors">Gets what is wrong, each with its variable and its file. No file is quoted.</param>
    public static TierCertificates Read(CliHost host, ICollection<string> errors) => new()
    {
        Own = ReadOwn(host, errors),
        Authorities = host.Variable(AuthorityVariable) is { } path ? ReadAuthorities(host.PathOf(path), errors) : null,
    };

    private static OwnCertificate? ReadOwn(CliHost host, ICollection<string> errors)
    {
        if (host.Variable(OwnVariable) is not { } file)
        {
            if (host.Variable(KeyVariable) is not null)
                errors.Add($"{KeyVariable} names the key of a certificate: {OwnVariable} must name the certificate");
            return null;
        }

        var path = host.PathOf(file);
        var certificate = ReadText(OwnVariable, path, errors);
        var key = host.Variable(KeyVariable) is { } keyFile ? ReadText(KeyVariable, host.PathOf(keyFile), errors) : certificate;
        if (certificate is null || key is null)
            return null;
        var own = OwnCertificate.Read(certificate, key, host.Time.GetUtcNow(), out var error);
        if (error is not null)
            errors.Add($"{OwnVariable}: '{path}' {error}");
        return own;
    }

    private static X509Certificate2Collection? ReadAuthorities(string path, ICollection<string> errors)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(path);
            if (found.Count > 0)
                return found;
            errors.Add($"{AuthorityVariable}: '{path}' holds no certificate in PEM");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            errors.Add($"{AuthorityVariable}: '{path}' cannot be read: {FileFault.Describe(error, path)}");
        }
        return null;
    }

    private static string? ReadText(string variable, string path, ICollection<string> errors)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{variable}: '{path}' cannot be read: {FileFault.Describe(error, path)}");
            return null;
        }
    }
}
