using System.Web;
using Amazon.SecurityToken;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Credentials;

public sealed class RoleOriginTests
{
    private const string Role = "arn:aws:iam::123456789012:role/writer";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Call_WhenTheStreamNamesARole_IsSignedAsThatRole()
    {
        await using var sts = Sts.Giving("ROLE", FakeTimeProvider.Start.AddHours(1));
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = MakeGateway(kinesis.Address, sts.Address);

        await gateway.PutOneAsync();
        await gateway.PutOneAsync(Gateways.Stream(role: Role));
        await gateway.PutOneAsync(Gateways.Stream(role: Role));

        Assert.Equal(["OWN", "ROLE", "ROLE"], kinesis.Requests.Select(static r => r.KeyId));
        Assert.Equal("role-token", kinesis.Requests.Last().Header("X-Amz-Security-Token"));
        var request = Assert.Single(sts.Requests);
        Assert.Equal("OWN", request.KeyId);
        var form = HttpUtility.ParseQueryString(request.BodyText);
        Assert.Equal(("AssumeRole", Role, "orleans-kpl"), (form["Action"], form["RoleArn"], form["RoleSessionName"]));
    }

    [Fact]
    public async Task Call_WhenSettingsNameExternalIdAndSession_AssumesTheRoleWithThemAndAsTheStreamsOwnCaller()
    {
        await using var sts = Sts.Giving("ROLE", FakeTimeProvider.Start.AddHours(1));
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = MakeGateway(kinesis.Address, sts.Address);
        var target = Gateways.Stream(role: Role) with
        {
            RoleExternalId = "partner-42", RoleSessionName = "orders", Credentials = static _ => new(new KinesisCredentials("STREAM", "secret")),
        };

        await gateway.PutOneAsync(target);
        await gateway.PutOneAsync(target with { RoleExternalId = "partner-43" });

        Assert.Equal(["STREAM", "STREAM"], sts.Requests.Select(static r => r.KeyId));
        var forms = sts.Requests.Select(r => HttpUtility.ParseQueryString(r.BodyText)).ToList();
        Assert.Equal([("partner-42", "orders"), ("partner-43", "orders")], forms.Select(f => (f["ExternalId"], f["RoleSessionName"])));
    }

    [Fact]
    public async Task Fetch_WhenTheRoleEndsInAnHour_IsFreshUntilFiveMinutesBefore()
    {
        await using var sts = Sts.Giving("ROLE", FakeTimeProvider.Start.AddHours(1));

        var fetched = await MakeOrigin(sts.Address).FetchAsync(false, default);

        Assert.Equal(TimeSpan.FromMinutes(55), fetched.FreshFor);
        Assert.InRange(fetched.UsableFor, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    /// <summary>They were never asked for again: after a night's sleep of the machine, streams with a role stood still until the next one.</summary>
    [Fact]
    public async Task Fetch_WhereStsRefusesTheCallersCredentials_AsksForOthers()
    {
        await using var sts = new WireServer((request, connection) => request.KeyId == "OLD"
            ? connection.AnswerAsync(403, Sts.Refusal("ExpiredToken", "The security token included in the request is expired"), "text/xml")
            : connection.AnswerAsync(200, Sts.Assumed("ROLE", FakeTimeProvider.Start.AddHours(1)), "text/xml"));
        var caller = new CachedCredentials(new Clients.KeysInTurn(TimeSpan.FromHours(12), TimeSpan.FromHours(12), "OLD", "NEW"), _time);
        var origin = new RoleOrigin(Role, caller, () => StsConfig(sts.Address), new ServerClock(_time));

        Assert.Equal("ROLE", (await origin.FetchAsync(false, default)).Keys.AccessKeyId);
        Assert.Equal(["OLD", "NEW"], sts.Requests.Select(static r => r.KeyId));
    }

    [Fact]
    public async Task Call_WhenTheRoleMayNotBeAssumed_WasNotSent()
    {
        await using var sts = Sts.Denying();
        await using var kinesis = WireServer.Answering(200, Gateways.Ok);
        using var gateway = MakeGateway(kinesis.Address, sts.Address);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Gateways.Stream(role: Role)));

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable), (error.Kind, error.Code));
        Assert.Contains("not authorized to perform: sts:AssumeRole", error.Message, StringComparison.Ordinal);
        Assert.Empty(kinesis.Requests);
    }

    private RoleOrigin MakeOrigin(Uri sts) => new(Role, Own(), () => StsConfig(sts), new ServerClock(_time));

    private KinesisClient MakeGateway(Uri kinesis, Uri sts)
    {
        var options = new KinesisOptions { EndpointUrl = kinesis, ConnectTimeout = Waiting.Long };
        var handler = KinesisHandler.Create(options, 16);
        var credentials = new CredentialSources(Own(), "test", () => StsConfig(sts, handler), _time);
        return new KinesisClient(handler, KinesisLocation.Resolve(options, Gateways.NoEnvironment), credentials, false, _time);
    }

    private static FixedCredentials Own() => new(new SigningCredentials("OWN", "secret", null));

    private static AmazonSecurityTokenServiceConfig StsConfig(Uri sts, SocketsHttpHandler? handler = null) => new()
    {
        ServiceURL = sts.ToString(),
        MaxErrorRetry = 0,
        HttpClientFactory = new SdkConnections(handler ?? new SocketsHttpHandler()),
    };
}
