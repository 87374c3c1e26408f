using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Credentials;

public sealed class LoopbackOriginTests
{
    private const string Profiles = """
        [default]
        aws_access_key_id = DEFAULT
        aws_secret_access_key = default-secret

        [dev]
        aws_access_key_id = DEV
        aws_secret_access_key = dev-secret
        aws_session_token = dev-token

        [metadata]
        role_arn = arn:aws:iam::123456789012:role/x
        credential_source = Ec2InstanceMetadata

        [web]
        role_arn = arn:aws:iam::123456789012:role/x
        web_identity_token_file = /no/such/token

        [behind]
        role_arn = arn:aws:iam::123456789012:role/y
        source_profile = metadata

        [role]
        role_arn = arn:aws:iam::123456789012:role/y
        source_profile = dev

        [login]
        sso_start_url = https://example.awsapps.com/start
        sso_region = us-east-1
        sso_account_id = 123456789012
        sso_role_name = Developer

        """;

    [Fact]
    public async Task Fetch_WhenThereIsNothing_IsLocal() => await AssertKeysAsync("local", "local", null, null, Gateways.NoEnvironment);

    [Theory]
    [InlineData("ENV", "env-token", null, "AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=env-secret", "AWS_SESSION_TOKEN=env-token", "AWS_PROFILE=dev")]
    [InlineData("DEV", "dev-token", "dev", "AWS_ACCESS_KEY_ID=ENV", "AWS_SECRET_ACCESS_KEY=env-secret")]
    [InlineData("DEV", "dev-token", null, "AWS_PROFILE=dev")]
    [InlineData("DEFAULT", null, null)]
    public Task Fetch_TakesTheProfileOfTheSetting_ElseTheKeysOfTheEnvironment_ElseItsProfile(
        string key, string? token, string? profile, params string[] environment) => AssertKeysAsync(
        key, $"{key.ToLowerInvariant()}-secret", token, profile, Gateways.EnvironmentOf(Profiles, environment));

    /// <summary>Of a developer who logs in to AWS, every record to the local endpoint failed: the profile's credentials were not to be had.</summary>
    [Theory]
    [InlineData("metadata")]
    [InlineData("web")]
    [InlineData("behind")]
    [InlineData("role")]
    [InlineData("login")]
    [InlineData("no-such-profile")]
    public async Task Fetch_WhenTheProfileWouldAskBeyondThisMachine_IsLocal(string profile) =>
        await AssertKeysAsync("local", "local", null, null, Gateways.EnvironmentOf(Profiles, ("AWS_PROFILE", profile)));

    [Theory]
    [InlineData(null, "process")]
    [InlineData("process", "dev")]
    public async Task Fetch_WhenTheProfileNamesAProcess_TakesWhatItTells(string? setting, string ofEnvironment)
    {
        using var folder = new TemporaryFolder();
        var told = folder.Write("told", """{"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"process-secret"}""");
        var profiles = $"{Profiles}[process]\ncredential_process = cat {told}\n";

        await AssertKeysAsync("PROCESS", "process-secret", null, setting, Gateways.EnvironmentOf(profiles, ("AWS_PROFILE", ofEnvironment)));
    }

    [Fact]
    public async Task Gateway_WhenSettingsHaveKeys_SignsWithThem()
    {
        await using var server = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(
            server.Address,
            options => (options.AccessKeyId, options.SecretAccessKey, options.SessionToken) = ("SET\n", "secret\n", "token\n"),
            environment: Gateways.EnvironmentOf(Profiles, ("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "env-secret")));

        await gateway.PutOneAsync();

        var request = Assert.Single(server.Requests);
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=SET/", request.Header("Authorization"), StringComparison.Ordinal);
        Assert.Equal("token", request.Header("X-Amz-Security-Token"));
        Assert.Equal("settings", gateway.CredentialSource);
    }

    [Fact]
    public async Task Gateway_WhenThereIsNothing_SignsAsLocalForUsEast1()
    {
        await using var server = WireServer.Answering(200, Gateways.Ok);
        using var gateway = Gateways.To(server.Address);

        await gateway.PutOneAsync();

        Assert.Matches(
            "^AWS4-HMAC-SHA256 Credential=local/[0-9]{8}/us-east-1/kinesis/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$",
            Assert.Single(server.Requests).Header("Authorization"));
    }

    [Theory]
    [InlineData("id", null, "Kpl:Kinesis:SecretAccessKey")]
    [InlineData(null, "secret", "Kpl:Kinesis:AccessKeyId")]
    public void Create_WhenHalfOfTheAccessKeyIsMissing_NamesTheSetting(string? id, string? secret, string setting)
    {
        var error = Assert.Throws<KinesisSettingsException>(
            () => Gateways.To(new Uri("http://127.0.0.1:1"), options => (options.AccessKeyId, options.SecretAccessKey) = (id, secret)));

        Assert.Equal(setting, error.Setting);
    }

    private static async Task AssertKeysAsync(string id, string secret, string? token, string? profile, AwsEnvironment environment)
    {
        var fetched = await new LoopbackOrigin(profile, environment).FetchAsync(false, default);

        Assert.True(fetched.Keys.SameAs(new SigningCredentials(id, secret, token)), fetched.Keys.ToString());
    }
}
