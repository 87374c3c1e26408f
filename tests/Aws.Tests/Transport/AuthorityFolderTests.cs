using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class AuthorityFolderTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _others = new("Others");
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-authorities").FullName;

    public void Dispose()
    {
        _authority.Dispose();
        _others.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Call_WhenTheAuthorityIsInTheFolder_IsAnswered()
    {
        Write("first.pem", _others.Pem);
        Write("second.crt", _authority.Pem);
        await using var server = Gateways.Taking(_authority);
        using var gateway = Gateways.To(server.Address, options => options.CaCertPath = _folder);
        Assert.Single((await gateway.PutOneAsync()).Entries);
    }

    [Fact]
    public async Task Call_WhenTheFolderHasOtherAuthorities_WasNotSent()
    {
        Write("first.pem", _others.Pem);
        await using var server = Gateways.Taking(_authority);
        using var gateway = Gateways.To(server.Address, options => options.CaCertPath = _folder);
        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());
        Assert.Equal(KinesisFailureKind.NotSent, error.Kind);
    }

    [Fact]
    public async Task Call_WithAFileAndAFolder_TrustsBoth()
    {
        Write("first.pem", _authority.Pem);
        await using var server = Gateways.Taking(_others);
        using var gateway = Gateways.To(server.Address, options => (options.CaCertFile, options.CaCertPath) = (Gateways.FileOf(_others), _folder));
        Assert.Single((await gateway.PutOneAsync()).Entries);
    }

    [Fact]
    public void Load_HashedNamesBundlesAndOtherFiles_GivesEachCertificateOnce()
    {
        Write("bundle.crt", _authority.Pem + "\n" + _others.Pem);
        Write("0a1b2c3d.0", _others.Pem);
        Write("0a1b2c3d.r0", "-----BEGIN X509 CRL-----\n");
        Write("README", "not a certificate");
        Directory.CreateDirectory(Path.Combine(_folder, "java"));
        if (!OperatingSystem.IsWindows())
            File.CreateSymbolicLink(Path.Combine(_folder, "ffffffff.0"), Path.Combine(_folder, "gone.pem"));
        Assert.Equal(2, AuthorityFolder.Load(_folder).Count);
    }

    [Fact]
    public void Load_WithoutACertificate_NamesTheSettingAndTheFolder()
    {
        Write("README", "not a certificate");
        var error = Assert.Throws<KinesisSettingsException>(() => AuthorityFolder.Load(_folder));
        Assert.Equal(("Kpl:Kinesis:CaCertPath", $"Kpl:Kinesis:CaCertPath: '{_folder}' has no file with a certificate in PEM form."), (error.Setting, error.Message));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public void Load_WhatCannotBeRead_NamesTheSettingAndTheFile(string? pem)
    {
        if (pem is not null)
            Write("broken.pem", pem);
        var folder = pem is null ? Path.Combine(_folder, "gone") : _folder;
        var error = Assert.Throws<KinesisSettingsException>(() => AuthorityFolder.Load(folder));
        var unreadable = pem is null ? folder : Path.Combine(folder, "broken.pem");
        Assert.Contains($"'{unreadable}' cannot be read", error.Message, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
