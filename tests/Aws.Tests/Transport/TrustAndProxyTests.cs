using System.Text;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class TrustAndProxyTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("no file")]
    [InlineData("a file with another authority")]
    [InlineData("a certificate for another name")]
    public async Task Call_WhenTheCertificateIsNotTrusted_WasNotSent(string why)
    {
        using var others = new TestAuthority("Others");
        var isOtherName = why == "a certificate for another name";
        await using var server = isOtherName ? Gateways.Taking(_authority, "kinesis.example") : Gateways.Taking(_authority);
        using var gateway = Gateways.To(
            server.Address, o => o.CaCertFile = why == "no file" ? null : Gateways.FileOf(isOtherName ? _authority : others));

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed), (error.Kind, error.Code));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Call_WhenTheAuthorityIsInTheFile_IsAnswered()
    {
        await using var server = Gateways.Taking(_authority);
        using var gateway = Gateways.To(server.Address, options => options.CaCertFile = Gateways.FileOf(_authority));

        Assert.Single((await gateway.PutOneAsync()).Entries);
    }

    [Fact]
    public async Task Call_WhenCertificatesAreNotVerified_IsAnswered()
    {
        await using var server = Gateways.Taking(_authority, "kinesis.example");
        using var gateway = Gateways.To(server.Address, options => options.VerifyCertificate = false);

        Assert.Single((await gateway.PutOneAsync()).Entries);
    }

    /// <summary>The role was assumed with whatever answered as STS: that has the caller's signature, and gives any credentials.</summary>
    [Fact]
    public async Task Call_WhenCertificatesAreNotVerified_StillAssumesItsRoleWithStsAlone()
    {
        using var certificate = TestAuthority.Load(_authority.Issue("kinesis.example"));
        await using var proxy = new WireServer((_, connection) => connection.AnswerAsync(200, Gateways.Ok)) { Tunnels = certificate };
        using var gateway = Gateways.To(
            new Uri("https://kinesis.example"),
            o =>
            {
                (o.VerifyCertificate, o.ProxyHost, o.ProxyPort) = (false, "127.0.0.1", proxy.Port);
                (o.Region, o.AccessKeyId, o.SecretAccessKey) = ("eu-west-1", "ID", "secret");
            },
            environment: Gateways.EnvironmentOf(("AWS_MAX_ATTEMPTS", "1")));
        Assert.Single((await gateway.PutOneAsync()).Entries);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Gateways.Stream(role: "arn:aws:iam::123456789012:role/writer")));

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable), (error.Kind, error.Code));
        Assert.Contains("SSL connection could not be established", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["CONNECT kinesis.example:443 HTTP/1.1", "POST / HTTP/1.1", "CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1"],
            proxy.Requests.Select(static r => r.RequestLine));
    }

    /// <summary>An endpoint on this machine, such as a tunnel, needs no proxy; STS does, and was called without.</summary>
    [Fact]
    public async Task Call_WhereKinesisIsOnThisMachine_AssumesItsRoleThroughTheProxyOfTheEnvironment()
    {
        using var certificate = TestAuthority.Load(_authority.Issue("kinesis.example"));
        await using var proxy = new WireServer((_, connection) => connection.AnswerAsync(200, Gateways.Ok)) { Tunnels = certificate };
        using var gateway = Gateways.To(
            new Uri("https://127.0.0.1:1"),
            static o => (o.Region, o.AccessKeyId, o.SecretAccessKey) = ("eu-west-1", "ID", "secret"),
            environment: Gateways.EnvironmentOf(("AWS_MAX_ATTEMPTS", "1"), ("HTTPS_PROXY", $"http://127.0.0.1:{proxy.Port}")));

        await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Gateways.Stream(role: "arn:aws:iam::123456789012:role/writer")));

        Assert.Equal("CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1", Assert.Single(proxy.Requests).RequestLine);
    }

    /// <summary>CloudWatch's sink did not start beside a Kinesis whose certificate goes unchecked, and <c>kpl check</c> said that all is well.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("https://monitoring.eu-west-1.amazonaws.com", true)]
    [InlineData("https://127.0.0.1:4582", false)]
    public void Open_OfCloudWatchWhereKinesisGoesUnchecked_ChecksThatOfAws(string? endpoint, bool isChecked)
    {
        KplOptions options = new()
        {
            Kinesis = { Region = "eu-west-1", EndpointUrl = new Uri("https://127.0.0.1:4567"), VerifyCertificate = false },
            Metrics = { EndpointUrl = endpoint is null ? null : new Uri(endpoint) },
        };
        var reached = AwsConnection.Open(AwsService.CloudWatch, CloudWatchSettings.Of(options), Gateways.NoEnvironment, 1, TimeProvider.System);
        using var handler = Assert.IsType<SocketsHttpHandler>(reached.Handler);
        Assert.Equal(isChecked, handler.SslOptions.RemoteCertificateValidationCallback is null);
    }

    /// <summary>A server would have its clients ask where it says.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Call_WhenTheCertificateNamesAnAddress_FetchesNothing(bool hasFile, bool verifies)
    {
        using var strangers = new TestAuthority("Strangers");
        using var named = new SilentEndpoint();
        await using var server = new ShowingPort(strangers.IssueNaming(new Uri(named.Url, "/secret"), "127.0.0.1"));
        using var gateway = Gateways.To(server.Url, options =>
        {
            options.CaCertFile = hasFile ? Gateways.FileOf(_authority) : null;
            options.VerifyCertificate = verifies;
        });

        await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        await server.WasShown.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.False(named.WasCalled);
    }

    [Fact]
    public void Create_WhenTheFileOfAuthoritiesIsMissing_NamesTheSetting()
    {
        var error = Assert.Throws<KinesisSettingsException>(
            () => Gateways.To(new Uri("https://127.0.0.1:1"), options => options.CaCertFile = "/no/such/file.pem"));

        Assert.Equal("Kpl:Kinesis:CaCertFile", error.Setting);
    }

    [Fact]
    public async Task Call_WhenThereIsAProxy_GoesThroughItWithItsCredentials()
    {
        await using var proxy = WireServer.Answering(
            (407, "", "Proxy-Authenticate: Basic realm=\"proxy\"\r\n"), (200, Gateways.Ok, ""));
        using var gateway = Gateways.To(new Uri("http://127.0.0.1:9/"), options =>
        {
            options.ProxyHost = "127.0.0.1";
            options.ProxyPort = proxy.Port;
            options.ProxyUserName = "user";
            options.ProxyPassword = "pass";
        });

        Assert.Single((await gateway.PutOneAsync()).Entries);

        var request = proxy.Requests.Last();
        Assert.Equal("POST http://127.0.0.1:9/ HTTP/1.1", request.RequestLine);
        Assert.Equal("127.0.0.1:9", request.Header("Host"));
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("user:pass")), request.Header("Proxy-Authorization"));
    }

    /// <summary>The settings take every address, and the producer was not made: "Invalid URI".</summary>
    [Theory]
    [InlineData("fd00::1")]
    [InlineData("[fd00::1]")]
    public void Create_WhenTheProxyHasAnIpv6Address_GoesThere(string host)
    {
        using var handler = KinesisHandler.Create(new KinesisOptions { ProxyHost = host, ProxyPort = 3_128 }, maxConnections: 1);
        Assert.Equal(new Uri("http://[fd00::1]:3128"), handler.Proxy!.GetProxy(new Uri("https://kinesis.example")));
    }
}
