using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Credentials;

/// <summary>Has clients of AWS's SDK go where settings and environment say. What they would read themselves has been read already.</summary>
internal static class SdkClients
{
    /// <summary>Sets endpoint and attempts.</summary>
    /// <param name="url">The endpoint that settings or the environment name; null for the region's own.</param>
    /// <param name="variant">Which of the region's hosts.</param>
    /// <param name="attempts">How often a call is tried; null for what the configuration says.</param>
    public static void Point(ClientConfig config, string region, Uri? url, HostVariant variant, int? attempts)
    {
        config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        config.IgnoreConfiguredEndpointUrls = true;
        (config.UseFIPSEndpoint, config.UseDualstackEndpoint) = (variant.IsFips, variant.IsDualStack);
        if (url is not null)
            (config.ServiceURL, config.AuthenticationRegion) = (url.AbsoluteUri, region);
        if (attempts is { } tries)
            config.MaxErrorRetry = tries - 1;
    }

    /// <summary>Makes the configuration of STS.</summary>
    /// <param name="profile">The profile that settings name; null for that of the environment.</param>
    /// <param name="connect">Gives the connections to where STS is.</param>
    /// <exception cref="KinesisSettingsException">What the environment says cannot be used.</exception>
    public static AmazonSecurityTokenServiceConfig ForSts(
        string region, string? profile, AwsEnvironment environment, Func<KinesisLocation, HttpMessageHandler> connect)
    {
        environment.CheckFiles();
        var location = KinesisLocation.Resolve(AwsService.Sts, new KinesisOptions { Region = region, Profile = profile }, environment);
        AmazonSecurityTokenServiceConfig config = new() { HttpClientFactory = new SdkConnections(connect(location)) };
        Point(config, region, location.IsOverridden ? location.Endpoint : null, location.Variant, environment.FindAttempts(profile));
        return config;
    }
}

/// <summary>Has AWS's SDK connect the way Kinesis is reached: through the same proxy, trusting the same certificates.</summary>
internal sealed class SdkConnections(HttpMessageHandler handler) : HttpClientFactory
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(100);

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
        new(handler, disposeHandler: false) { Timeout = clientConfig.Timeout ?? Longest };

    /// <summary>False: the clients are as short-lived as the calls, and the handler keeps the connections.</summary>
    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
}
