using Amazon.Runtime.Internal.Endpoints.StandardLibrary;
using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

/// <summary>What is wrong in AWS's environment is told in a sentence that names the variable, and nothing hangs.</summary>
public sealed class EnvironmentTroubleTests
{
    private static readonly (string, string) Region = ("AWS_REGION", "eu-west-1");

    public static TheoryData<string, string, string> Unusable => new()
    {
        { "AWS_ENDPOINT_URL", "kinesis.example:4567", "AWS_ENDPOINT_URL: 'kinesis.example:4567' is no http or https address" },
        { "AWS_ENDPOINT_URL", "kinesis.example", "AWS_ENDPOINT_URL: 'kinesis.example' is no http or https address" },
        { "AWS_USE_FIPS_ENDPOINT", "1", "AWS_USE_FIPS_ENDPOINT: '1' is neither true nor false." },
        { "AWS_USE_DUALSTACK_ENDPOINT", "yes", "AWS_USE_DUALSTACK_ENDPOINT: 'yes' is neither true nor false." },
        { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '1' is neither true nor false." },
        { "AWS_CA_BUNDLE", "/no/such/file.pem", "AWS_CA_BUNDLE: '/no/such/file.pem' cannot be read" },
        { "AWS_CA_BUNDLE", typeof(EnvironmentTroubleTests).Assembly.Location, "has no certificate in PEM form." },
        { "HTTPS_PROXY", "http://:3128", "HTTPS_PROXY: is no address of a proxy" },
        { "https_proxy", "ftp://me:secret@proxy.example", "https_proxy: is no address of a proxy, such as http://proxy.example:3128." },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void Open_WithAValueThatCannotBeUsed_NamesTheVariable(string name, string value, string message)
    {
        var error = Assert.Throws<KinesisSettingsException>(() => Open(new KinesisOptions(), (name, value), Region));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(name, error.Setting);
    }

    [Fact]
    public void Open_WithAnEndpointAndFips_IsAnError_AsAwsHasIt()
    {
        var error = Assert.Throws<KinesisSettingsException>(
            () => Open(new KinesisOptions(), ("AWS_ENDPOINT_URL", "https://vpce.example"), ("AWS_USE_FIPS_ENDPOINT", "true"), Region));
        Assert.Equal("AWS_USE_FIPS_ENDPOINT: is true, and AWS_ENDPOINT_URL names an endpoint: AWS takes one of the two.", error.Message);
    }

    /// <summary>AWS's SDK says which partitions have such hosts.</summary>
    [Theory]
    [InlineData("eu-west-1")]
    [InlineData("cn-north-1")]
    [InlineData("us-iso-east-1")]
    [InlineData("us-isob-east-1")]
    [InlineData("eu-isoe-west-1")]
    [InlineData("us-isof-south-1")]
    [InlineData("eusc-de-east-1")]
    public void Open_WhereThePartitionHasNoSuchHosts_NamesTheVariable(string region)
    {
        var partition = Fn.Partition(region);
        AssertTold("AWS_USE_FIPS_ENDPOINT", partition.supportsFIPS, "no FIPS endpoints.");
        AssertTold("AWS_USE_DUALSTACK_ENDPOINT", partition.supportsDualStack, "no endpoints for IPv6.");

        void AssertTold(string name, bool isThere, string what) => Assert.Equal(
            isThere ? null : $"{name}: partition {partition.name} of region {region} has {what}",
            Record.Exception(() => Open(new KinesisOptions(), (name, "true"), ("AWS_REGION", region)).Dispose())?.Message);
    }

    /// <summary>The local tier's own endpoint: whatever the environment has, it counts for nothing.</summary>
    [Fact]
    public async Task Call_ToThisMachineBySettings_HeedsNothing()
    {
        await using var server = WireServer.Answering(200, Gateways.Ok);
        (string, string)[] rubbish =
        [
            ("AWS_ENDPOINT_URL", "rubbish"), ("AWS_USE_FIPS_ENDPOINT", "rubbish"), ("AWS_CA_BUNDLE", "/rubbish"),
            ("HTTPS_PROXY", "http://:1"), ("HTTP_PROXY", "http://:1"),
        ];
        using var gateway = Gateways.To(server.Address, environment: Gateways.EnvironmentOf(rubbish));
        Assert.Single((await gateway.PutOneAsync()).Entries);
        Assert.Null(gateway.Heeded);
    }

    [Fact]
    public async Task Call_WithFipsWhereThereIsNone_NamesTheVariable()
    {
        using var gateway = Open(new KinesisOptions(), ("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_REGION", "nowhere-0"));
        var error = await FailAsync(gateway);
        Assert.StartsWith("No connection could be made. AWS_USE_FIPS_ENDPOINT is true, and kinesis-fips.nowhere-0.amazonaws.com may not exist", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A refusal by a proxy whose port has 407 in it was told as a wish for a password.</summary>
    [Theory]
    [InlineData(403, "refuses to connect to kinesis.eu-west-1.amazonaws.com")]
    [InlineData(502, "refuses to connect to kinesis.eu-west-1.amazonaws.com")]
    [InlineData(407, "wants a user and a password that it knows")]
    public async Task Call_WhereTheProxyRefuses_NamesTheVariable_AndNoPassword(int status, string what)
    {
        await using var proxy = WireServer.Answering(status, "", "text/plain", status == 407 ? "Proxy-Authenticate: Basic realm=\"p\"\r\n" : "");
        using var gateway = Open(new KinesisOptions(), ("HTTPS_PROXY", $"http://me:hidden@127.0.0.1:{proxy.Port}"), Region);
        var error = await FailAsync(gateway);
        Assert.StartsWith($"No connection could be made. HTTPS_PROXY: the proxy http://127.0.0.1:{proxy.Port} {what}", error.Message, StringComparison.Ordinal);
        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed), (error.Kind, error.Code));
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhereThePlainProxyWantsAPassword_NamesTheVariable()
    {
        await using var proxy = WireServer.Answering(407, "", "text/plain");
        using var gateway = Open(new KinesisOptions(), ("HTTP_PROXY", proxy.Address.AbsoluteUri), ("AWS_ENDPOINT_URL", "http://kinesis.example"), Region);
        var error = await FailAsync(gateway);
        Assert.Contains($"HTTP_PROXY: the proxy {proxy.Address.AbsoluteUri.TrimEnd('/')} wants a user", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhereNobodyIsTheProxy_NamesTheVariable()
    {
        using var dead = new DeadEndpoint();
        using var gateway = Open(new KinesisOptions(), ("HTTPS_PROXY", dead.Url.AbsoluteUri), Region);
        var error = await FailAsync(gateway);
        Assert.Contains($"HTTPS_PROXY: the proxy {dead.Url.AbsoluteUri.TrimEnd('/')} is not reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhereTheBundleLacksTheAuthority_NamesTheVariable()
    {
        using TestAuthority authority = new(), others = new("Others");
        await using var server = Gateways.Taking(authority);
        var bundle = Gateways.FileOf(others);
        using var gateway = Open(new KinesisOptions(), ("AWS_CA_BUNDLE", bundle), ("AWS_ENDPOINT_URL", server.Address.AbsoluteUri), Region);
        Assert.Contains($"AWS_CA_BUNDLE names the only authorities that are trusted, {bundle}", (await FailAsync(gateway)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Region_OfTheInstance_IsTheLast_AndTakesAToken()
    {
        await using var metadata = new WireServer((request, connection) => connection.AnswerAsync(
            200, request.RequestLine.StartsWith("PUT /latest/api/token ", StringComparison.Ordinal) ? "the-token" : "ap-south-1\n", "text/plain"));
        var environment = MetadataAt(metadata.Address, new FakeTimeProvider(), proxy: "http://127.0.0.1:1");
        for (var i = 0; i < 2; i++)
        {
            var location = KinesisLocation.Resolve(new KinesisOptions(), environment);
            Assert.Equal(("ap-south-1", "EC2's metadata"), (location.Region, location.RegionSource));
        }

        var (token, region) = (metadata.Requests.First(), metadata.Requests.Last());
        Assert.Equal(("60", 2), (token.Header("X-aws-ec2-metadata-token-ttl-seconds"), metadata.Requests.Count));
        Assert.Equal(("GET /latest/meta-data/placement/region HTTP/1.1", "the-token"), (region.RequestLine, region.Header("X-aws-ec2-metadata-token")));
        Assert.Equal("eu-west-2", KinesisLocation.Resolve(new KinesisOptions { Region = "eu-west-2" }, environment).Region);
    }

    /// <summary>A process that started before its network had no region until it ended, however often a producer was created.</summary>
    [Fact]
    public async Task Region_WhereTheMetadataAnswerLater_IsAskedForAgain()
    {
        var isUp = false;
        await using var metadata = new WireServer((_, connection) => connection.AnswerAsync(isUp ? 200 : 503, "ap-south-1", "text/plain"));
        var time = new FakeTimeProvider();
        var environment = MetadataAt(metadata.Address, time);
        Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(new KinesisOptions(), environment));
        isUp = true;
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("ap-south-1", KinesisLocation.Resolve(new KinesisOptions(), environment).Region);
    }

    /// <summary>A process that asks for its region several times waits for an answer once.</summary>
    [Fact]
    public async Task Region_WhereTheMetadataHang_IsAskedForOnce()
    {
        var time = new FakeTimeProvider();
        await using var metadata = new WireServer((_, connection) =>
        {
            time.Advance(TimeSpan.FromMilliseconds(800));
            return connection.WaitForEndAsync();
        });
        var environment = MetadataAt(metadata.Address, time);
        for (var i = 0; i < 3; i++)
        {
            var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(new KinesisOptions(), environment));
            Assert.Contains("no answer within 800 ms (AWS_EC2_METADATA_DISABLED=true leaves it out", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, metadata.Accepted);
    }

    [Theory]
    [InlineData("AWS_EC2_METADATA_DISABLED", "true", "AWS_EC2_METADATA_DISABLED is true")]
    [InlineData("AWS_EC2_METADATA_SERVICE_ENDPOINT", "rubbish", "AWS_EC2_METADATA_SERVICE_ENDPOINT 'rubbish' is no http address")]
    [InlineData("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1", "http://127.0.0.1:1: ")]
    public void Region_WhereNothingNamesOne_SaysWhyTheMetadataDoNot(string name, string value, string why)
    {
        var error = Assert.Throws<KinesisSettingsException>(() => KinesisLocation.Resolve(new KinesisOptions(), Gateways.EnvironmentOf((name, value))));
        Assert.StartsWith("Kpl:Kinesis:Region: is not set, and neither AWS_REGION, AWS_DEFAULT_REGION nor the profile", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_TellsOfEachClientWhereItCalls_AndWhatDecided()
    {
        var environment = Gateways.EnvironmentOf(
            "[default]\nuse_dualstack_endpoint = true\n", Region, ("AWS_ENDPOINT_URL_GLUE", "http://glue.example"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), ("HTTPS_PROXY", "http://127.0.0.1:1"));
        var options = new KplOptions { Kinesis = { AccessKeyId = "AKID", SecretAccessKey = "s" } };
        var report = await KinesisCheck.RunAsync(options, [], [], environment, TimeProvider.System, TestContext.Current.CancellationToken);
        var told = report.Lines.Single(static l => l.Name == "endpoints").Message;
        var source = $"from use_dualstack_endpoint of profile default ({environment.ProfilesLocation}:2), with HTTPS_PROXY";
        Assert.Equal(
            string.Join("; ", new[] { "CloudWatch https://monitoring", "Glue https://glue", "STS https://sts", "DynamoDB https://dynamodb" }
                .Select(s => $"{s}.eu-west-1.api.aws ({source})")),
            told);

        environment = Gateways.EnvironmentOf(Region, ("AWS_ENDPOINT_URL_STS", "x"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
        var bad = await KinesisCheck.RunAsync(options, [], [], environment, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.StartsWith("STS: AWS_ENDPOINT_URL_STS: 'x' is no", bad.Lines.Single(static l => l.Name == "endpoints").Message, StringComparison.Ordinal);
    }

    /// <summary>On a busy machine an answer may take longer than it is waited for: that is counted in a time of the test's own.</summary>
    private static AwsEnvironment MetadataAt(Uri address, TimeProvider time, string? proxy = null) => new(
        name => name switch { "AWS_EC2_METADATA_SERVICE_ENDPOINT" => address.AbsoluteUri, "HTTP_PROXY" => proxy, _ => null }, "")
    {
        Time = time,
    };

    private static KinesisClient Open(KinesisOptions options, params (string, string)[] variables)
    {
        (options.AccessKeyId, options.SecretAccessKey) = ("AKID", "secret");
        // Who is there but slow, on a busy machine, is not taken for somebody who is not reached.
        options.ConnectTimeout = TimeSpan.FromSeconds(30);
        return KinesisClient.Create(options, TimeProvider.System, Gateways.EnvironmentOf(variables));
    }

    private static Task<KinesisException> FailAsync(KinesisClient gateway) => Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());
}
