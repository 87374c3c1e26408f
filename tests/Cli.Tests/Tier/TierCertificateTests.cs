using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Endpoint = Orleans.Kpl.Cli.Tests.Running.Endpoint;

namespace Orleans.Kpl.Cli.Tests.Tier;

/// <remarks>Tests <see cref="Orleans.Kpl.Cli.Tier.TierCertificates"/> and the certificates of <c>kpl check</c>.</remarks>
public sealed class TierCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Former = new(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestAuthority _root = new();
    private readonly DeployedFolder _folder = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_ShowsItsCertificate_WhereTheTierAsksForOne(bool inOneFile)
    {
        var seen = "";
        await using var app = await StartAsync(name => seen = name);
        var pem = _root.Issue("orders.example.com");
        var keyAt = pem.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal);
        var environment = new Dictionary<string, string> { ["KPL_CA"] = _folder.Write("ca.pem", _root.Pem) };
        environment["KPL_CERT"] = _folder.Write("own.pem", inOneFile ? pem : pem[..keyAt]);
        if (!inOneFile)
            environment["KPL_CERT_KEY"] = _folder.Write("own.key", pem[keyAt..]);

        var run = await PutAsync(app, environment);

        Assert.Equal((0, "CN=orders.example.com"), (run.ExitCode, seen));
    }

    /// <summary>It took the machine's authorities alone, and <c>helm test</c> of a tier with one of its own could not pass.</summary>
    [Fact]
    public async Task Ready_OfATierWithAnAuthorityOfItsOwn_WasNot()
    {
        await using var app = await StartAsync(static _ => { });
        var environment = new Dictionary<string, string>
        {
            ["KPL_CA"] = _folder.Write("ca.pem", _root.Pem), ["KPL_CERT"] = _folder.Write("own.pem", _root.Issue("probe.example.com")),
        };
        string[] arguments = ["ready", "--tier", $"https://localhost:{new Uri(app.Urls.Single()).Port}"];
        Assert.Equal((0, ""), await RunAsync(environment));
        environment.Remove("KPL_CA");
        var (exitCode, error) = await RunAsync(environment);
        Assert.Equal(1, exitCode);
        Assert.Contains("KPL_CA names PEM with the authority", error, StringComparison.Ordinal);

        async Task<(int, string)> RunAsync(Dictionary<string, string> with) =>
            await CliRun.RunAsync(Stream.Null, arguments, with) is var run ? (run.ExitCode, run.Error) : default;
    }

    [Fact]
    public async Task Put_WithoutACertificate_IsTurnedAwayByThatTier()
    {
        await using var app = await StartAsync(static _ => { });
        var run = await PutAsync(app, new() { ["KPL_CA"] = _folder.Write("ca.pem", _root.Pem) });
        Assert.NotEqual(0, run.ExitCode);
    }

    /// <summary>It was "see inner exception", which a user of a command has none of.</summary>
    [Theory]
    [InlineData(false, "; KPL_CA names PEM with the authority of the tier's certificate")]
    [InlineData(true, "; KPL_CA names the only authorities that are believed")]
    public async Task Tier_OfAnotherAuthority_WasNotReachable_SeeInnerException(bool isNamed, string advice)
    {
        await using var app = await StartAsync(static _ => { });
        using var others = new TestAuthority();
        var environment = isNamed ? new Dictionary<string, string> { ["KPL_CA"] = _folder.Write("ca.pem", others.Pem) } : [];
        var run = await PutAsync(app, environment);
        run.AssertError(3, "The remote certificate is invalid", advice);
        Assert.DoesNotContain("inner exception", run.Error, StringComparison.Ordinal);
    }

    /// <summary>It was "An error occurred while sending the request".</summary>
    [Fact]
    public async Task Certificate_ThatTheTierDoesNotTake_WasAnErrorWhileSending()
    {
        await using var app = await StartAsync(static _ => { });
        using var others = new TestAuthority("Others");
        var run = await PutAsync(app, new() { ["KPL_CA"] = _folder.Write("ca.pem", _root.Pem), ["KPL_CERT"] = _folder.Write("own.pem", others.Issue("a")) });
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("perhaps the tier does not take the certificate of KPL_CERT, and its log tells why", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_ThatCannotBeUsed_AreToldAllAtOnce()
    {
        var run = await CliRun.RunAsync(
            Stream.Null, ["status", "--tier", "https://localhost:1"],
            new()
            {
                ["KPL_CERT"] = _folder.Write("own.pem", _root.Issue(Former, Former.AddDays(1), "a")),
                ["KPL_CA"] = _folder.PathOf("missing"),
            });

        run.AssertError(2, "KPL_CERT: ", "whose time ended at 2021-01-02", "KPL_CA: ");
        Assert.DoesNotContain("PRIVATE KEY", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyWithoutItsCertificate_IsRefused()
    {
        var run = await CliRun.RunAsync(Stream.Null, ["status", "--tier", "https://localhost:1"], new() { ["KPL_CERT_KEY"] = "x" });
        run.AssertError(2, "KPL_CERT must name");
    }

    [Fact]
    public async Task Check_TellsWhatIsWrongWithEachFileOfTheSettings()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var expired = _folder.Write("expired.pem", _root.Issue(Former, Former.AddDays(1), "a"));
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = _folder.Write("good.pem", _root.Issue("silo.example.com"));
        var leaf = _folder.Write("leaf.pem", _root.Issue("b"));
        var run = await CliRun.RunAsync(
            Stream.Null, ["check", "--endpoint", endpoint.Url],
            new()
            {
                ["Kpl__Http__CertificateFile"] = expired,
                ["Kpl__Http__ClientCaCertFile"] = leaf,
                ["Kpl__Cluster__CertificateFile"] = good,
                ["Kpl__Cluster__CertificateKeyFile"] = _folder.Write("other.key", other.ExportPkcs8PrivateKeyPem()),
                ["KPL_CERT"] = good,
            });

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(run.Lines, l => IsOf(l, "failed", "Kpl:Http:CertificateFile") && l.Contains("time ended at 2021-01-02", StringComparison.Ordinal));
        Assert.Contains(run.Lines, l => IsOf(l, "failed", "Kpl:Http:ClientCaCertFile") && l.Contains("no authority", StringComparison.Ordinal));
        Assert.Contains(run.Lines, l => IsOf(l, "failed", "Kpl:Cluster:CertificateFile") && l.Contains("cannot be used", StringComparison.Ordinal));
        Assert.Contains(run.Lines, l => IsOf(l, "passed", "KPL_CERT is CN=silo.example.com until 2099"));
    }

    [Fact]
    public async Task Check_WhereAllFilesCanBeUsed_Passes()
    {
        await using var endpoint = await Endpoint.StartAsync();
        var run = await CliRun.RunAsync(
            Stream.Null, ["check", "--endpoint", endpoint.Url],
            new()
            {
                ["Kpl__Http__CertificateFile"] = _folder.Write("good.pem", _root.Issue("a.example.com")),
                ["Kpl__Http__ClientCaCertFile"] = _folder.Write("ca.pem", _root.Pem),
            });

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, l => IsOf(l, "passed", "Kpl:Http:CertificateFile"));
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private static bool IsOf(string line, string status, string subject) =>
        line.StartsWith(status, StringComparison.Ordinal) && line.Contains($"certificate: {subject}", StringComparison.Ordinal);

    private static Task<CliRun> PutAsync(WebApplication app, Dictionary<string, string> environment) => CliRun.RunAsync(
        new MemoryStream("a"u8.ToArray()), ["put", "--tier", $"https://localhost:{new Uri(app.Urls.Single()).Port}"], environment);

    /// <summary>A tier that takes nobody without a certificate of the root.</summary>
    private async Task<WebApplication> StartAsync(Action<string> seen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(https =>
        {
            https.ServerCertificate = TestAuthority.Load(_root.Issue("localhost"));
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => certificate.Issuer == _root.Certificate.Subject;
        })));
        var app = builder.Build();
        app.Run(context =>
        {
            seen(context.Connection.ClientCertificate!.Subject);
            return context.Response.WriteAsync(FakeTier.Delivered + "\n");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
