using Amazon;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>
/// Creates DynamoDB clients from section <c>Kpl:DynamoDb</c>. Credentials come from settings first, then from AWS's own chain; a loopback
/// endpoint gets dummy keys.
/// </summary>
internal static class DynamoDbClients
{
    private const int MaxConnections = 256;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static IAmazonDynamoDB Create(KplDynamoDbOptions options, DynamoDbLocation location, TimeSpan? timeout = null)
    {
        // The time-out is short: the caller that needs a row reads it again.
        var config = new AmazonDynamoDBConfig { Timeout = timeout ?? Timeout, MaxErrorRetry = 1 };
        var environment = location.Environment;
        SdkClients.Point(config, location.Region, location.ServiceUrl, location.Variant, environment.FindAttempts(options.Profile));
        if (EnvironmentHandler.IsNeeded(options.Profile, environment))
        {
            var handler = EnvironmentHandler.Create(DynamoDbLocation.SettingsOf(options), location.Variant, environment, MaxConnections);
            config.HttpClientFactory = new SdkConnections(handler);
        }

        if (CredentialsOf(options, location) is { } credentials)
            return new AmazonDynamoDBClient(credentials, config);
        // The SDK reads a profile again when its file has changed: some program renews the keys there.
        if (options.Profile is { Length: > 0 } profile)
            config.Profile = new Profile(profile, environment.ProfilesLocation);
        return new AmazonDynamoDBClient(config);
    }

    private static AWSCredentials? CredentialsOf(KplDynamoDbOptions options, DynamoDbLocation location)
    {
        // Secrets that are mounted as files often end with a line break.
        var (id, secret, token) = (options.AccessKeyId?.Trim(), options.SecretAccessKey?.Trim(), options.SessionToken?.Trim());
        if (id is { Length: > 0 } && secret is { Length: > 0 })
            return token is { Length: > 0 } ? new SessionAWSCredentials(id, secret, token) : new BasicAWSCredentials(id, secret);
        var hasProfile = options.Profile is { Length: > 0 } profile && location.Environment.HasCredentials(profile);
        return location.IsLoopback && !hasProfile ? new BasicAWSCredentials("local", "local") : null;
    }
}

/// <summary>Lists how a call to DynamoDB can fail, as its SDK throws it: its own exceptions, and those of every call over the network.</summary>
internal static class DynamoDbFailures
{
    /// <summary>The exceptions of calls that failed, with all that derive from them.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
    [
        typeof(AmazonServiceException), typeof(AmazonClientException),
        // Of credentials that cannot be had now: from a program, or with the token of a web identity.
        typeof(ProcessAWSCredentialException), typeof(InvalidOperationException),
        .. StoreFailures.Kinds,
    ];

    /// <summary>Says what failed, with DynamoDB's own code where it has one.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        AmazonServiceException { ErrorCode: { Length: > 0 } code } => $"{code}: {exception.Message}",
        OperationCanceledException or TimeoutException => "no answer in time",
        AmazonClientException error when AwsChainOrigin.IsNone(error) => $"no credentials: {AwsChainOrigin.None}",
        _ => exception.Message,
    };

    /// <summary>Whether the call failed; false for a call that its own caller canceled, and for a defect.</summary>
    public static bool IsOne(Exception exception, CancellationToken cancellationToken) =>
        exception is not ObjectDisposedException && StoreFailures.IsOne(exception, Kinds, cancellationToken);

    /// <summary>Awaits a write; false where its condition does not hold.</summary>
    public static async Task<bool> HoldsAsync(Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
            return true;
        }
        catch (ConditionalCheckFailedException)
        {
            return false;
        }
    }
}
