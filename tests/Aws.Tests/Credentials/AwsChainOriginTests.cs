using Amazon.Runtime.CredentialManagement;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Credentials;

/// <summary>The AWS SDK's own chain reads this process's environment, so these tests run alone.</summary>
[Collection("process environment")]
public sealed class AwsChainOriginTests : IDisposable
{
    private static readonly string[] Variables =
    [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
        "AWS_EC2_METADATA_DISABLED",
    ];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);

    private readonly string _profiles = Path.GetTempFileName();

    public AwsChainOriginTests()
    {
        foreach (var name in Variables)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        File.Delete(_profiles);
    }

    [Fact]
    public async Task Fetch_WhenTheEnvironmentChanges_GivesTheNewKeys()
    {
        var origin = new AwsChainOrigin(null, null);
        SetKeys("FIRST", "secret", "token");
        var first = await origin.FetchAsync(false, default);

        SetKeys("SECOND", "secret", null);
        var second = await origin.FetchAsync(false, default);

        Assert.Equal(("FIRST", "secret", "token"), (first.Keys.AccessKeyId, first.Keys.SecretAccessKey, first.Keys.SessionToken));
        Assert.Equal(("SECOND", null), (second.Keys.AccessKeyId, second.Keys.SessionToken));
    }

    [Fact]
    public async Task Fetch_WhenTheSettingNamesAProfile_TakesItBeforeTheEnvironment()
    {
        SetKeys("ENV", "secret", null);
        await File.WriteAllTextAsync(_profiles, "[prod]\naws_access_key_id = PROD\naws_secret_access_key = s\n");

        var fetched = await new AwsChainOrigin("prod", _profiles).FetchAsync(false, default);

        Assert.Equal("PROD", fetched.Keys.AccessKeyId);
    }

    [Fact]
    public async Task Fetch_WhenInAContainer_AsksItsEndpointAgainOnlyAfterARefusal()
    {
        SkipWhereThereIsAProfile();
        var given = 0;
        await using var container = new WireServer((_, connection) => connection.AnswerAsync(
            200,
            $$"""{"AccessKeyId":"C{{++given}}","SecretAccessKey":"s","Token":"t","Expiration":"{{DateTime.UtcNow.AddHours(6):yyyy-MM-ddTHH:mm:ssZ}}"}""",
            "application/json"));
        Environment.SetEnvironmentVariable("AWS_CONTAINER_CREDENTIALS_FULL_URI", $"{container.Address}credentials");
        SetKeys("gone", "gone", null);
        var origin = new AwsChainOrigin(null, null);
        await origin.FetchAsync(false, default);
        SetKeys(null, null, null);

        var first = await origin.FetchAsync(false, default);
        var same = await origin.FetchAsync(false, default);
        var next = await origin.FetchAsync(wereRefused: true, default);

        Assert.Equal(("C1", "t"), (first.Keys.AccessKeyId, first.Keys.SessionToken));
        Assert.Equal("C1", same.Keys.AccessKeyId);
        Assert.Equal("C2", next.Keys.AccessKeyId);
    }

    [Fact]
    public async Task Get_WhenTheChainIsEmpty_WasNotSent()
    {
        SkipWhereThereIsAProfile();
        SetKeys("gone", "gone", null);
        await new AwsChainOrigin(null, null).FetchAsync(false, default);
        SetKeys(null, null, null);
        var cached = new CachedCredentials(new AwsChainOrigin(null, null), TimeProvider.System);

        var error = await Assert.ThrowsAsync<KinesisException>(() => cached.GetAsync(default).AsTask());

        Assert.Equal((KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable), (error.Kind, error.Code));
        Assert.StartsWith("No credentials from AWS's default chain: ", error.Message, StringComparison.Ordinal);
    }

    private static void SkipWhereThereIsAProfile() =>
        Assert.SkipWhen(new CredentialProfileStoreChain().TryGetProfile("default", out _), "This machine has a default profile, which the chain takes first.");

    private static void SetKeys(string? id, string? secret, string? token)
    {
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", id);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", secret);
        Environment.SetEnvironmentVariable("AWS_SESSION_TOKEN", token);
    }
}
