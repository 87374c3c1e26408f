using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.Http.Identities.Access;

/// <summary>
/// The names of the certificate that the client of a connection has proved to be its own: those of its subject alternative names that are host names
/// or URIs, SPIFFE's among them. Only a listener with TLS sets it, never what a connection says of itself.
/// </summary>
internal sealed class CertificateNames
{
    private const int UriTag = 6;

    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, UriTag);

    private CertificateNames(IReadOnlyList<string> all) => All = all;

    public IReadOnlyList<string> All { get; }

    /// <summary>Notes the names of a connection's certificate, if its client has shown one that TLS has believed.</summary>
    public static ConnectionDelegate Note(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate)
            connection.Features.Set(Of(certificate));
        return next(connection);
    };

    /// <summary>Names of hosts are in lower case.</summary>
    public static CertificateNames Of(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return new CertificateNames(names is null ? [] : [.. UrisOf(names.RawData), .. names.EnumerateDnsNames().Select(Normal)]);
    }

    /// <summary>The form in which names are compared: host names in lower case, URIs as they are.</summary>
    public static string Normal(string name) => name.Contains(':', StringComparison.Ordinal) ? name : name.ToLowerInvariant();

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
