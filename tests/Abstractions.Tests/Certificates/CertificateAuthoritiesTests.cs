using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Abstractions.Tests.Certificates;

/// <remarks>Tests <see cref="CertificateAuthorities"/>, <see cref="ChainPolicies"/>, <see cref="AllowedNames"/> and <see cref="CertificateNames"/>.</remarks>
public sealed class CertificateAuthoritiesTests : IDisposable
{
    private static readonly DateTimeOffset Now = FakeTimeProvider.Start;

    private readonly TestAuthority _root = new();
    private readonly TestAuthority _others = new("Other root");

    [Fact]
    public void Certificates_OfOtherRootsAndOtherPurposes_AreNotBelieved()
    {
        var authorities = Read();
        using var own = TestAuthority.Load(_root.Issue("a"));
        using var foreign = TestAuthority.Load(_others.Issue("a"));
        // Of another root that has the same name.
        using var namesake = new TestAuthority();
        using var forged = TestAuthority.Load(namesake.Issue("a"));
        using var old = TestAuthority.Load(_root.Issue(Now.AddYears(-2), Now.AddYears(-1), "a"));
        Assert.Null(Judge(authorities, own, CertificatePurpose.Client));
        Assert.Null(Judge(authorities, own, CertificatePurpose.Server));
        Assert.All(
            [foreign, forged],
            c => Assert.StartsWith("its certificate 'CN=a' is not believed: ", Judge(authorities, c, CertificatePurpose.Client), StringComparison.Ordinal));
        Assert.Equal("its certificate 'CN=a' is not believed: NotTimeValid", Judge(authorities, old, CertificatePurpose.Client));
        Assert.NotNull(Judge(CertificateAuthorities.None, own, CertificatePurpose.Client));
        Assert.Equal("it shows no certificate", authorities.FindObjection(null, null, SslPolicyErrors.RemoteCertificateNotAvailable));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([CertificatePurpose.Server.Id], false));
        using var server = request.Create(_root.Certificate, Now, Now.AddYears(50), [1]);
        Assert.Null(Judge(authorities, server, CertificatePurpose.Server));
        Assert.Equal("its certificate 'CN=a' is not believed: NotValidForUsage", Judge(authorities, server, CertificatePurpose.Client));
    }

    /// <summary>Strangers write what a refusal in the log tells of them.</summary>
    [Fact]
    public void Objection_ToACertificateWithControlsInItsName_IsOneShortLine()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName("a\nsilo started \u001b[2J" + new string('x', 500));
        using var forged = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256).CreateSelfSigned(Now, Now.AddYears(50));
        var told = Judge(Read(), forged, CertificatePurpose.Client)!;
        Assert.DoesNotContain(told, char.IsControl);
        Assert.InRange(told.Length, 100, 300);
    }

    /// <summary>An authority that lets somebody have any host name, or any URI, did not say that they may have the other.</summary>
    [Fact]
    public void Names_OfOneKind_AreNoneOfTheOther()
    {
        const string silo = "spiffe://example.com/ns/kpl/sa/silo";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, silo, new(TagClass.ContextSpecific, 2)); // a host
            writer.WriteCharacterString(UniversalTagNumber.IA5String, "silo.example.com", new(TagClass.ContextSpecific, 6)); // a URI
        }

        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", writer.Encode(), false));
        using var certificate = request.Create(_root.Certificate, Now, Now.AddYears(50), [1]);
        Assert.Empty(CertificateNames.Of(certificate));
        Assert.NotNull(new AllowedNames("Kpl:Cluster:SiloNames", [silo, "silo.example.com"]).FindObjection(certificate));
    }

    /// <summary>Whoever is told to fetch would ask a stranger's address, and wait for it.</summary>
    [Fact]
    public void Policies_FetchNothing()
    {
        var authorities = Read();
        Assert.All(
            [
                authorities.PolicyFor(CertificatePurpose.Server), CertificateAuthorities.None.PolicyFor(CertificatePurpose.Client),
                ChainPolicies.OfSystem(CertificatePurpose.Server),
            ],
            static p => Assert.True(p.DisableCertificateDownloads && p.RevocationMode == X509RevocationMode.NoCheck));
    }

    [Theory]
    [InlineData("silo.example.com", true)]
    [InlineData("SILO.example.COM", true)]
    [InlineData("a.silos.example.com", true)]
    [InlineData("silos.example.com", false)]
    [InlineData("evil-silos.example.com", false)]
    [InlineData("silo.example.com.evil.example", false)]
    [InlineData("spiffe://example.com/ns/kpl/sa/silo", true)]
    [InlineData("spiffe://example.com/ns/kpl/sa/SILO", false)]
    [InlineData("spiffe://example.com/ns/kpl/sa/silo/x", false)]
    [InlineData("spiffe://example.com/ns/pool/sa/a", true)]
    [InlineData("spiffe://example.com/ns/pool", false)]
    [InlineData("spiffe://evil.example/a.silos.example.com", false)]
    [InlineData("127.0.0.1", false)]
    public void Certificate_NeedsOneOfTheNames(string name, bool isAllowed)
    {
        var authorities = Read("silo.example.com", "*.silos.example.com", "spiffe://example.com/ns/kpl/sa/silo", "spiffe://example.com/ns/pool/*");
        using var one = TestAuthority.Load(_root.Issue(name));
        using var two = TestAuthority.Load(_root.Issue("other.example", name));
        using var stranger = TestAuthority.Load(_others.Issue(name));
        Assert.Equal(isAllowed, Judge(authorities, one, CertificatePurpose.Client) is null);
        Assert.Equal(isAllowed, Judge(authorities, two, CertificatePurpose.Server) is null);
        Assert.NotNull(Judge(authorities, stranger, CertificatePurpose.Client));
        if (!isAllowed)
            Assert.EndsWith("and Kpl:Cluster:SiloNames is silo.example.com, *.silos.example.com, spiffe://example.com/ns/kpl/sa/silo, spiffe://example.com/ns/pool/*",
                Judge(authorities, one, CertificatePurpose.Client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("silo.example.com", true)]
    [InlineData("*.example.com", true)]
    [InlineData("spiffe://example.com/ns/kpl/*", true)]
    [InlineData("*", false)]
    [InlineData("a.*.example.com", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("silo:11111", false)]
    [InlineData("spiffe://example.com*", false)]
    [InlineData("spiffe://*/ns/kpl", false)]
    public void Names_AreHostsAndUris_WithAStarAtOneEnd(string entry, bool isFit) => Assert.Equal(isFit, AllowedNames.IsFit(entry));

    public void Dispose()
    {
        _root.Dispose();
        _others.Dispose();
    }

    private CertificateAuthorities Read(params string[] names) =>
        CertificateAuthorities.Read(_root.Pem, new AllowedNames("Kpl:Cluster:SiloNames", names), out _)!;

    private static string? Judge(CertificateAuthorities authorities, X509Certificate2 certificate, CertificatePurpose purpose)
    {
        using var chain = new X509Chain { ChainPolicy = authorities.PolicyFor(purpose) };
        var errors = chain.Build(certificate) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
        return authorities.FindObjection(certificate, chain, errors);
    }
}
