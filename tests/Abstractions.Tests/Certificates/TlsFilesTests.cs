using System.Security.Cryptography;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Abstractions.Tests.Certificates;

/// <remarks>Tests <see cref="TlsFiles"/> and <see cref="OwnCertificate"/>.</remarks>
public sealed class TlsFilesTests : IDisposable
{
    private static readonly DateTimeOffset Now = FakeTimeProvider.Start;

    private readonly TestAuthority _root = new();
    private readonly TestAuthority _others = new("Other root");
    private readonly DeployedFolder _folder = new();

    [Fact]
    public void Read_WhenEachFileIsGood_HasNoErrors()
    {
        var reading = Read(_root.Issue("a.example"), silos: _root.Pem, clients: _others.Pem);
        Assert.Empty(reading.Errors);
        Assert.Equal("CN=a.example", reading.State!.Own.Certificate.Subject);
        Assert.True(reading.State.Own.Certificate.HasPrivateKey);
        Assert.False(reading.IsKeyOpen);
        Assert.NotNull(reading.State.Silos);
        Assert.NotNull(reading.State.Clients);
    }

    /// <summary>A silo with a name that no silo takes started without a word, and was refused by each of the others.</summary>
    [Theory]
    [InlineData(true, "other.example", false)]
    [InlineData(true, "*.example", true)]
    [InlineData(false, "other.example", true)]
    public void Read_OfASiloThatNoSiloTakes_WasTaken(bool isOfSilo, string name, bool isGood)
    {
        var file = _folder.Write("silo.pem", _root.Issue("srv.example"));
        var errors = new TlsFiles { Section = "Kpl:Cluster", CertificateFile = file, SiloNames = [name], IsOfSilo = isOfSilo }.Read(Now).Errors;
        Assert.Equal(
            isGood ? [] : [$"Kpl:Cluster:CertificateFile '{file}': no silo would take this one: its certificate 'CN=srv.example' is for srv.example, and Kpl:Cluster:SiloNames is other.example"],
            errors);
    }

    [Fact]
    public void Read_AKeyOfItsOwnFile_IsTakenFromThere()
    {
        var pem = _root.Issue("a.example");
        var keyAt = pem.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal);
        Assert.Empty(Read(pem[..keyAt], key: pem[keyAt..]).Errors);
        Assert.Contains("cannot be used", Assert.Single(Read(pem[..keyAt]).Errors), StringComparison.Ordinal);
        Assert.Contains("cannot be used", Assert.Single(Read(pem[..keyAt], key: _root.Issue("a.example")).Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ACertificateThatSignedItself_IsTaken() => Assert.Empty(Read(_root.Pem, key: _root.KeyPem).Errors);

    [Fact]
    public void Read_ACertificateThatCannotBeUsed_SaysWhy()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var encrypted = key.ExportEncryptedPkcs8PrivateKeyPem("pass", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1));
        (string Pem, string Error)[] cases =
        [
            ("", "has no certificate in PEM form"),
            ("no PEM at all", "has no certificate in PEM form"),
            (_root.Issue(Now.AddYears(-2), Now, "a.example"), "whose time ended at 2026-01-01"),
            (_root.Issue(Now.AddDays(1), Now.AddDays(2), "a.example"), "whose time begins at 2026-01-02"),
            (_root.Pem + _root.Issue("a.example"), "begins with the certificate of an authority"),
            (_root.Issue("a.example").Split("-----BEGIN PRIVATE")[0] + encrypted, "has a key with a password"),
        ];
        Assert.All(cases, c => Assert.Contains(c.Error, Assert.Single(Read(c.Pem).Errors), StringComparison.Ordinal));
    }

    [Fact]
    public void Read_SeveralBadFiles_NamesEachSettingAndFile()
    {
        using var between = new TestAuthority("Between", _root);
        var errors = Read("nothing", key: "nothing", silos: _root.Issue("a.example"), clients: between.Pem).Errors;
        Assert.Equal(3, errors.Count);
        Assert.StartsWith($"Kpl:Cluster:CertificateFile '{_folder.PathOf("own")}' ", errors[0], StringComparison.Ordinal);
        Assert.Equal($"Kpl:Cluster:SiloCaCertFile '{_folder.PathOf("silos")}' has 'CN=a.example', which is no authority", errors[1]);
        Assert.Equal($"Kpl:Cluster:ClientCaCertFile '{_folder.PathOf("clients")}' has 'CN=Between', which another authority has signed: a root is expected", errors[2]);

        File.Delete(_folder.PathOf("silos"));
        var missing = new TlsFiles { Section = "Kpl:Cluster", CertificateFile = "nowhere.pem", SiloCaCertFile = _folder.PathOf("silos") }.Read(Now);
        Assert.Equal(2, missing.Errors.Count);
        Assert.All(missing.Errors, static e => Assert.Contains("cannot be read", e, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_OneRootForSilosAndClients_IsRefused() =>
        Assert.Contains("whoever it signs could pass for a silo",
            Assert.Single(Read(_root.Issue("a"), silos: _root.Pem, clients: _others.Pem + _root.Pem).Errors), StringComparison.Ordinal);

    public void Dispose()
    {
        _root.Dispose();
        _others.Dispose();
        _folder.Dispose();
    }

    private TlsReading Read(string own, string? key = null, string? silos = null, string? clients = null) => new TlsFiles
    {
        Section = "Kpl:Cluster",
        CertificateFile = _folder.Write("own", own),
        CertificateKeyFile = key is null ? null : _folder.Write("key", key),
        SiloCaCertFile = silos is null ? null : _folder.Write("silos", silos),
        ClientCaCertFile = clients is null ? null : _folder.Write("clients", clients),
    }.Read(Now);
}
