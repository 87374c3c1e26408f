using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.RuntimeDependencies;
using Amazon.SecurityToken;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>
/// Gets credentials from the AWS SDK's whole chain (environment, web identity, profile, container, instance metadata), or from one profile
/// that settings name. The SDK refreshes the credentials it finds and notices when environment or files change.
/// </summary>
/// <param name="profile">The profile that settings name; null for the chain.</param>
/// <param name="profilesLocation">A credentials file to use instead of AWS's own files; null for those.</param>
internal sealed class AwsChainOrigin(string? profile, string? profilesLocation) : ICredentialOrigin
{
    /// <summary>What is said where <see cref="IsNone"/>.</summary>
    public const string None = "none in the environment, a web identity, a profile, a container or instance metadata";

    private AWSCredentials? _last;

    private static Lazy<HttpMessageHandler>? _connections;

    public string Description => profile is null ? "AWS's default chain" : $"profile {profile}";

    /// <summary>
    /// Whether the SDK has found no credentials anywhere. It lists an exception for each place then, in a text of many lines, and may quote one of a file.
    /// </summary>
    public static bool IsNone(AmazonClientException error) => error.Message.Contains('\n', StringComparison.Ordinal);

    /// <summary>Says how STS is connected to where the SDK's chain needs it and cannot make a client that will do. It counts for the whole process.</summary>
    /// <param name="connect">Makes the connections.</param>
    public static void ConnectBy(Func<HttpMessageHandler> connect)
    {
        // In a program compiled ahead of time, the SDK cannot look up the STS client that web identity and assumed roles need; and the one that it
        // finds knows no AWS_CA_BUNDLE.
        _connections = new Lazy<HttpMessageHandler>(connect);
        if (!RuntimeFeature.IsDynamicCodeSupported || AwsEnvironment.Process.Variable("AWS_CA_BUNDLE") is not null)
            GlobalRuntimeDependencyRegistry.Instance.RegisterSecurityTokenServiceClient(MakeStsClient);
    }

    public async Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
    {
        if (wereRefused && _last is RefreshingAWSCredentials refreshing)
            refreshing.ClearCredentials();
        var config = profile is null ? null : new AmazonSecurityTokenServiceConfig { Profile = new Profile(profile, profilesLocation) };
        try
        {
            _last = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync(config).Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonClientException none) when (IsNone(none))
        {
            throw new AmazonClientException(None, none);
        }
        catch (InvalidDataException unread)
        {
            throw SharedFiles.Told(unread);
        }

        var keys = await _last.GetCredentialsAsync().Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        return FetchedCredentials.Polled(new SigningCredentials(keys.AccessKey, keys.SecretKey, keys.Token));
    }

    private static AmazonSecurityTokenServiceClient MakeStsClient(CreateInstanceContext context)
    {
        var data = context.SecurityTokenServiceClientContextData;
        var config = SdkClients.ForSts(data.Region.SystemName, null, AwsEnvironment.Process, static _ => _connections!.Value);
        return data.Action == SecurityTokenServiceClientContext.ActionContext.AssumeRoleAWSCredentials
            ? new AmazonSecurityTokenServiceClient(config)
            : new AmazonSecurityTokenServiceClient(new AnonymousAWSCredentials(), config);
    }
}
