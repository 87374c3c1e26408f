using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>
/// The names of which a certificate needs one, as a setting lists them: host names and URIs. <c>*.</c> in front of a host name stands for every name
/// that ends so, and <c>/*</c> behind a URI for every URI that begins so.
/// </summary>
/// <param name="all">The names; with none every certificate does.</param>
internal sealed class AllowedNames(string setting, IReadOnlyList<string> all)
{
    /// <summary>The form of an entry.</summary>
    public const string Rule = "host names and URIs, such as silo.example.com, *.example.com or spiffe://example.com/ns/kpl/sa/silo, with commas between them";

    /// <summary>Every certificate will do.</summary>
    public static readonly AllowedNames Every = new("", []);

    private readonly string[] _all = [.. all.Select(CertificateNames.Normal)];

    /// <summary>Whether the list may have that entry.</summary>
    public static bool IsFit(string entry) => entry.Contains("://", StringComparison.Ordinal)
        ? Uri.TryCreate(entry, UriKind.Absolute, out _) && !WithoutEnd(entry).Contains('*', StringComparison.Ordinal)
        : Uri.CheckHostName(entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry) == UriHostNameType.Dns;

    /// <summary>Returns why a certificate does not count; null where it does.</summary>
    public string? FindObjection(X509Certificate2 certificate)
    {
        if (_all.Length == 0)
            return null;
        var names = CertificateNames.Of(certificate);
        return names.Any(name => Array.Exists(_all, entry => Fits(entry, name)))
            ? null
            : $"its certificate '{CertificateNames.Told(certificate.Subject)}' is for {CertificateNames.Told(names.Count == 0 ? "no name" : string.Join(", ", names))}, "
                + $"and {setting} is {string.Join(", ", _all)}";
    }

    private static string WithoutEnd(string entry) => entry.EndsWith("/*", StringComparison.Ordinal) ? entry[..^1] : entry;

    private static bool Fits(string entry, string name)
    {
        if (name.Length < entry.Length)
            return false;
        var isUri = name.Contains(':', StringComparison.Ordinal);
        return entry.StartsWith("*.", StringComparison.Ordinal) ? !isUri && name.EndsWith(entry[1..], StringComparison.Ordinal)
            : entry.EndsWith("/*", StringComparison.Ordinal) ? isUri && name.StartsWith(entry[..^1], StringComparison.Ordinal)
            : name == entry;
    }
}
