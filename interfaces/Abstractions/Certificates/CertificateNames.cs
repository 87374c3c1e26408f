using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orleans.Kpl.Certificates;

/// <summary>
/// The names of a certificate that the other side of a connection has proved to be its own: those of its subject alternative names that are host names
/// or URIs, SPIFFE's among them.
/// </summary>
internal static class CertificateNames
{
    private const int UriTag = 6;
    private const int LongestTold = 200;

    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, UriTag);

    /// <summary>Names of hosts are in lower case.</summary>
    /// <remarks>
    /// Authorities have rules for names of each kind. So none of one kind stands for one of the other: a host name has no colon, and a URI has one.
    /// </remarks>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null ? [] :
            [.. UrisOf(names.RawData).Where(IsUri), .. names.EnumerateDnsNames().Where(static n => !IsUri(n)).Select(Normal)];
    }

    /// <summary>The form in which names are compared: host names in lower case, URIs as they are.</summary>
    public static string Normal(string name) => IsUri(name) ? name : name.ToLowerInvariant();

    /// <summary>A certificate's text about itself, fit for a log: whoever made it must neither steer a terminal nor make up lines.</summary>
    public static string Told(string text) => string.Concat(text.Take(LongestTold).Select(static c => c is >= ' ' and <= '~' ? c : '?'));

    private static bool IsUri(string name) => name.Contains(':', StringComparison.Ordinal);

    private static List<string> UrisOf(byte[] extension)
    {
        var uris = new List<string>();
        try
        {
            var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(Uri))
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, Uri));
                else
                    names.ReadEncodedValue();
            }
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException)
        {
            // An authority signed it so; none of its names counts then.
            uris.Clear();
        }
        return uris;
    }
}
