using Amazon;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.DynamoDb.State;

/// <summary>
/// Creates DynamoDB clients from section <c>Kpl:DynamoDb</c>. Credentials come from settings first, then from AWS's own chain; a loopback
/// endpoint gets dummy keys.
/// </summary>
internal static class DynamoDbClients
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public static IAmazonDynamoDB Create(KplDynamoDbOptions options, DynamoDbLocation location, TimeSpan? timeout = null)
    {
        // The time-out is short: the caller that needs a row reads it again.
        var config = new AmazonDynamoDBConfig { Timeout = timeout
            ?? Timeout, MaxErrorRetry = 1, RegionEndpoint = RegionEndpoint.GetBySystemName(location.Region) };
        if (location.ServiceUrl is { } url)
        {
            config.ServiceURL = url.AbsoluteUri;
            config.AuthenticationRegion = location.Region;
        }

        return CredentialsOf(options, location) is { } credentials ? new AmazonDynamoDBClient(credentials, config) : new AmazonDynamoDBClient(config);
    }

    private static AWSCredentials? CredentialsOf(KplDynamoDbOptions options, DynamoDbLocation location)
    {
        if (options.AccessKeyId is { } id && options.SecretAccessKey is { } secret)
            return options.SessionToken is { } token ? new SessionAWSCredentials(id, secret, token) : new BasicAWSCredentials(id, secret);
        if (options.Profile is { } profile && new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var ofProfile))
            return ofProfile;
        return location.IsLoopback ? new BasicAWSCredentials("local", "local") : null;
    }
}
