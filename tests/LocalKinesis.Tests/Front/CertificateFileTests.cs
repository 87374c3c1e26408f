namespace Orleans.Kpl.LocalKinesis.Tests.Front;

public sealed class CertificateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-certificate-").FullName;

    private string Pem => Path.Combine(_folder, "tls.pem");

    [Fact]
    public async Task StartAsync_WhereTheFileIsMissing_WritesItAndKeepsToIt()
    {
        string first;
        await using (var endpoint = await StartAsync()) first = endpoint.Server.Certificate!.Thumbprint;
        Assert.Contains("BEGIN CERTIFICATE", await File.ReadAllTextAsync(Pem, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Pem));
        await using var again = await StartAsync();
        Assert.Equal(first, again.Server.Certificate!.Thumbprint);
        Assert.True(again.Server.Certificate.HasPrivateKey);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n")]
    public async Task StartAsync_WhereTheFileIsNoCertificateWithItsKey_SaysSo(string text)
    {
        await File.WriteAllTextAsync(Pem, text, TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<ArgumentException>(StartAsync);
        Assert.StartsWith($"TlsCertificateFile {Pem} must be PEM with a certificate and its key", error.Message, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(Pem, TestContext.Current.CancellationToken));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<TestEndpoint> StartAsync() => TestEndpoint.StartAsync(options => (options.TlsPort, options.TlsCertificateFile) = (0, Pem));
}
