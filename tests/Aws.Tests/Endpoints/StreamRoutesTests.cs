using System.Net.Sockets;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Endpoints;

public sealed class StreamRoutesTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:123456789012:stream/events";

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("us-east-1", Arn, nameof(OperationKind.Data), "https://123456789012.data-kinesis.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", Arn, nameof(OperationKind.Control), "https://123456789012.control-kinesis.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", Arn, nameof(OperationKind.Regional), "https://kinesis.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", "events", nameof(OperationKind.Data), "https://kinesis.us-east-1.amazonaws.com/")]
    [InlineData("cn-north-1", "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/events", nameof(OperationKind.Data),
        "https://123456789012.data-kinesis.cn-north-1.amazonaws.com.cn/")]
    [InlineData("us-iso-east-1", "arn:aws-iso:kinesis:us-iso-east-1:123456789012:stream/events", nameof(OperationKind.Data),
        "https://kinesis.us-iso-east-1.c2s.ic.gov/")]
    public void EndpointFor_WhenArnHostsAreUsed_FollowsTheRuleSet(string region, string stream, string kind, string endpoint)
    {
        var routes = MakeRoutes(new KinesisOptions { Region = region }, useArnHost: true);

        Assert.Equal(endpoint, routes.EndpointFor(routes.For(stream), Enum.Parse<OperationKind>(kind)).Address.ToString());
    }

    [Fact]
    public void EndpointFor_WhenArnHostsAreNotUsed_IsTheRegions()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: false);

        Assert.Same(RegionalOf(routes), routes.EndpointFor(routes.For(Arn), OperationKind.Data));
    }

    [Fact]
    public void EndpointFor_WhenSettingsNameAnEndpoint_IsThatOne()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1", EndpointUrl = new Uri("https://vpce-1.example:8443/base") }, useArnHost: true);

        var endpoint = routes.EndpointFor(routes.For(Arn), OperationKind.Data);

        Assert.Equal(("vpce-1.example:8443", "/base"), (endpoint.Host, endpoint.CanonicalPath));
    }

    /// <summary>As botocore has it (SigV4Auth, quote with safe "/~"); the signature was wrong for any other than letters, digits and percent signs.</summary>
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a-b_c.d~e/1/", "/a-b_c.d~e/1/")]
    [InlineData("/x:1/me@home", "/x%3A1/me%40home")]
    [InlineData("/a+b=c,d;(e)!*'$&", "/a%2Bb%3Dc%2Cd%3B%28e%29%21%2A%27%24%26")]
    [InlineData("/a b/%2F/é", "/a%2520b/%252F/%25C3%25A9")]
    public void CanonicalPath_IsThePath_EncodedOnceMore(string path, string canonical) =>
        Assert.Equal(canonical, new KinesisEndpoint(new Uri("https://vpce-1.example" + path)).CanonicalPath);

    [Fact]
    public void EndpointFor_WhenAHostDidNotResolve_IsTheRegionsForAWhile()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: true);
        var stream = routes.For(Arn);
        var own = routes.EndpointFor(stream, OperationKind.Data);

        Assert.True(routes.TryFallBack(own));

        Assert.Same(RegionalOf(routes), routes.EndpointFor(stream, OperationKind.Data));
        Assert.NotSame(RegionalOf(routes), routes.EndpointFor(stream, OperationKind.Control));
        Assert.False(routes.TryFallBack(RegionalOf(routes)));
        _time.Advance(StreamRoutes.UnresolvedFor);
        Assert.Same(own, routes.EndpointFor(stream, OperationKind.Data));
    }

    [Fact]
    public async Task Call_WhenTheArnsHostDoesNotResolve_GoesToTheRegions()
    {
        using var authority = new TestAuthority();
        await using var server = Gateways.Taking(authority, "kinesis.us-east-1.amazonaws.com");
        var asked = new List<string>();
        using var gateway = Clients.Connecting(
            (context, cancellationToken) =>
            {
                asked.Add(context.DnsEndPoint.Host);
                return context.DnsEndPoint.Host.StartsWith("123456789012.", StringComparison.Ordinal)
                    ? throw new SocketException((int)SocketError.HostNotFound)
                    : Clients.ConnectAsync(server.Port, cancellationToken);
            },
            options => options.UseArnHost = true);

        await gateway.PutOneAsync(Gateways.Stream(Arn));
        await gateway.PutOneAsync(Gateways.Stream(Arn));

        Assert.Equal(["123456789012.data-kinesis.us-east-1.amazonaws.com", "kinesis.us-east-1.amazonaws.com"], asked);
        Assert.All(server.Requests, request => Assert.Equal("kinesis.us-east-1.amazonaws.com", request.Header("Host")));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no spaces")]
    [InlineData("a/b")]
    [InlineData("a\"b")]
    [InlineData("arn:aws:kinesis:us-east-1:123456789012:stream/")]
    [InlineData("arn:aws:kinesis:us-east-1:123:stream/events")]
    [InlineData("arn:aws:firehose:us-east-1:123456789012:stream/events")]
    [InlineData("arn:aws:kinesis:us-east-1:123456789012:consumer/events")]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/events")]
    [InlineData("arn:aws-cn:kinesis:us-east-1:123456789012:stream/events")]
    public void For_WhenTheStreamCannotBe_SaysSo(string stream)
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: false);

        var error = Assert.Throws<KinesisException>(() => routes.For(stream));

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.InvalidStream), (error.Kind, error.Code));
    }

    [Fact]
    public void For_WhenANameIsTooLong_SaysSo()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: false);

        Assert.Equal(128, routes.For(new string('a', 128)).Name.Length);
        Assert.Throws<KinesisException>(() => routes.For(new string('a', 129)));
    }

    [Fact]
    public void For_WhenTheEndpointIsLoopback_TakesAnArnOfAnyRegion()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "eu-west-1", EndpointUrl = new Uri("http://127.0.0.1:4567") }, useArnHost: true);

        Assert.Equal("events", routes.For("arn:aws:kinesis:us-east-1:000000000000:stream/events").Name);
    }

    /// <summary>Clients of a tier may make names up: what is remembered of them has an end, and those beyond are served all the same.</summary>
    [Fact]
    public void For_OfNamesWithoutEnd_KeepsSoManyAndServesTheOthers()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: false);
        var first = routes.For("s0");
        for (var i = 1; i < 10_000; i++)
            routes.For($"s{i}");

        Assert.Same(first, routes.For("s0"));
        Assert.Same(routes.For("s9999"), routes.For("s9999"));
        Assert.NotSame(routes.For("s10000"), routes.For("s10000"));
        Assert.Equal("s10000", routes.For("s10000").Name);
    }

    /// <summary>Each account that somebody made up in an ARN left two hosts for as long as the process ran.</summary>
    [Fact]
    public void EndpointFor_OfAccountsWithoutEnd_KeepsSoMany_AndAsksTheRegionForOthers()
    {
        var routes = MakeRoutes(new KinesisOptions { Region = "us-east-1" }, useArnHost: true);
        var first = OfAccount(0);
        for (var i = 1; i < 10_000; i++)
            OfAccount(i);

        Assert.Same(first, OfAccount(0));
        Assert.Equal("kinesis.us-east-1.amazonaws.com", OfAccount(10_000).Host);

        KinesisEndpoint OfAccount(int number) =>
            routes.EndpointFor(routes.For($"arn:aws:kinesis:us-east-1:{number:D12}:stream/events"), OperationKind.Data);
    }

    /// <summary>As Kinesis' rule set has it: unlike the region's, an account's FIPS hosts are called so in GovCloud too.</summary>
    [Theory]
    [InlineData("aws", "us-east-1", true, false, "123456789012.data-kinesis-fips.us-east-1.amazonaws.com")]
    [InlineData("aws", "us-east-1", false, true, "123456789012.data-kinesis.us-east-1.api.aws")]
    [InlineData("aws", "us-east-1", true, true, "123456789012.data-kinesis-fips.us-east-1.api.aws")]
    [InlineData("aws-us-gov", "us-gov-west-1", true, false, "123456789012.data-kinesis-fips.us-gov-west-1.amazonaws.com")]
    [InlineData("aws-iso", "us-iso-east-1", true, false, "kinesis-fips.us-iso-east-1.c2s.ic.gov")]
    public void EndpointFor_AnArn_ComposesWithFipsAndDualStack(string partition, string region, bool fips, bool dual, string host)
    {
        var environment = Gateways.EnvironmentOf(
            ("AWS_REGION", region), ("AWS_USE_FIPS_ENDPOINT", fips ? "true" : "false"), ("AWS_USE_DUALSTACK_ENDPOINT", dual ? "true" : "false"));
        var routes = new StreamRoutes(KinesisLocation.Resolve(new KinesisOptions(), environment), useArnHost: true, _time);
        var stream = routes.For($"arn:{partition}:kinesis:{region}:123456789012:stream/events");
        Assert.Equal(host, routes.EndpointFor(stream, OperationKind.Data).Host);
    }

    private static KinesisEndpoint RegionalOf(StreamRoutes routes) => routes.EndpointFor(routes.For("events"), OperationKind.Data);

    private StreamRoutes MakeRoutes(KinesisOptions options, bool useArnHost) =>
        new(KinesisLocation.Resolve(options, Gateways.NoEnvironment), useArnHost, _time);
}
