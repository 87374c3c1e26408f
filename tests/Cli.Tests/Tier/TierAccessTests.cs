using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Cli.Tests.Tier;

/// <remarks>Tests <see cref="Cli.Tier.TierAccess"/> and what <see cref="Cli.Tier.TierConnection"/> does about refusals.</remarks>
public sealed class TierAccessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("put")]
    [InlineData("status")]
    [InlineData("shards")]
    [InlineData("backlog")]
    [InlineData("bench --records 1 --size 1 --via http")]
    public async Task EveryVerb_ThatAsksATier_SaysWhoAsks(string line)
    {
        var key = ApiKeyText.Create();
        List<string> sent = [];
        await using var tier = await FakeTier.StartAsync((_, context) =>
        {
            lock (sent)
                sent.Add(context.Request.Headers.Authorization.ToString());
            return Task.FromResult(false);
        });
        await RunAsync(line, tier.Url, ("KPL_API_KEY", key));
        Assert.NotEmpty(sent);
        Assert.All(sent, s => Assert.Equal($"Bearer {key}", s));
    }

    [Theory]
    [InlineData("http://kpl.invalid:8080", true)]
    [InlineData("https://kpl.invalid:8443", false)]
    [InlineData("http://127.0.0.1:1", false)]
    public async Task Key_ThatGoesOverTheNetworkInClearText_IsWarnedOf(string tier, bool isWarned)
    {
        var run = await RunAsync("status", tier, ("KPL_API_KEY", ApiKeyText.Create()));
        Assert.Equal(isWarned, run.Error.Contains("KPL_API_KEY goes to http://kpl.invalid:8080 without TLS", StringComparison.Ordinal));
        Assert.DoesNotContain("KPL_API_KEY goes", (await RunAsync("status", tier)).Error, StringComparison.Ordinal);
    }

    /// <param name="written">What the file has at the second request; null where it is not there. While it was replaced, the run ended.</param>
    [Theory]
    [InlineData("second\n", "second")]
    [InlineData("", "first")]
    [InlineData(null, "first")]
    public async Task TokenFile_IsReadAnewForEachRequest(string? written, string token)
    {
        var file = Path.Combine(_folder.Path, "token");
        File.WriteAllText(file, "first\n");
        List<string> sent = [];
        await using var tier = await FakeTier.StartAsync((_, context) =>
        {
            lock (sent)
                sent.Add(context.Request.Headers.Authorization.ToString());
            File.Delete(file);
            if (written is not null)
                File.WriteAllText(file, written);
            if (sent.Count > 1)
                return Task.FromResult(false);
            context.Response.Headers.RetryAfter = "1";
            return FakeTier.RespondAsync(context, 503, """{"error_code":"Draining","error_message":"going down"}""");
        });
        Assert.Equal(0, (await RunAsync("put", tier.Url, ("KPL_TOKEN_FILE", file))).ExitCode);
        Assert.Equal(["Bearer first", $"Bearer {token}"], sent);
    }

    [Theory]
    [InlineData("KPL_API_KEY", "secret-in-the-wrong-place", "no API key")]
    [InlineData("KPL_TOKEN_FILE", "missing-file", "cannot be read")]
    [InlineData("KPL_CA", "missing-file", "cannot be read")]
    public async Task Variable_ThatCannotWork_IsToldWithItsName(string name, string value, string reason)
    {
        await using var tier = await FakeTier.StartAsync();
        var run = await RunAsync("put", tier.Url, (name, value));
        run.AssertError(2, name, reason);
        Assert.DoesNotContain("secret-in-the-wrong-place", run.Error, StringComparison.Ordinal);
        Assert.Empty(tier.Requests);
    }

    [Fact]
    public async Task KeyAndTokenFile_ExcludeEachOther()
    {
        var run = await RunAsync("status", "http://127.0.0.1:1", ("KPL_API_KEY", ApiKeyText.Create()), ("KPL_TOKEN_FILE", "x"));
        run.AssertError(2, "exclude each other");
    }

    [Theory]
    [InlineData(true, "localhost", 0)]
    [InlineData(false, "localhost", 3)]
    [InlineData(true, "127.0.0.1", 3)]
    public async Task Authority_OfOnesOwn_IsBelieved_ButHealsNoWrongName(bool hasAuthority, string host, int exitCode)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var file = Path.Combine(_folder.Path, "ca.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate)));
        await using var app = builder.Build();
        app.Run(static context => context.Response.WriteAsync(FakeTier.Delivered + "\n"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        var port = new Uri(app.Urls.Single()).Port;

        var run = await RunAsync("put", $"https://{host}:{port}", hasAuthority ? [("KPL_CA", file)] : []);

        Assert.Equal(exitCode, run.ExitCode);
    }

    /// <summary>Whoever answers at a tier's address would have kpl ask where he says.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Certificate_ThatNamesAnAddress_HasNobodyFetchIt(bool hasAuthority)
    {
        using var strangers = new TestAuthority("Strangers");
        using var own = new TestAuthority("Own");
        using var named = new SilentEndpoint();
        var file = Path.Combine(_folder.Path, "own.pem");
        File.WriteAllText(file, own.Pem);
        await using var port = new ShowingPort(strangers.IssueNaming(new Uri(named.Url, "/secret"), "127.0.0.1"));

        var run = await RunAsync("put", port.Url.AbsoluteUri, hasAuthority ? [("KPL_CA", file)] : []);

        Assert.Equal(3, run.ExitCode);
        await port.WasShown.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.False(named.WasCalled);
    }

    private static Task<CliRun> RunAsync(string line, string tier, params (string Name, string Value)[] environment) => CliRun.RunAsync(
        new MemoryStream("a"u8.ToArray()), [.. line.Split(' '), "--tier", tier], environment.ToDictionary(static e => e.Name, static e => e.Value));
}
