using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Endpoint;

/// <summary>Configures how the producer reaches the endpoint in its own process, without AWS's credential chain, proxies or profiles.</summary>
internal static class LocalCredentials
{
    private const string Name = "local";
    private const string Region = "us-east-1";

    /// <summary>Sets address, region and keys: the keys that the endpoint checks, else <c>local</c>/<c>local</c>.</summary>
    public static void Use(KinesisOptions options, Uri endpoint, SigningKey? key)
    {
        options.EndpointUrl = endpoint;
        options.Region = Region;
        options.AccessKeyId = key?.AccessKeyId ?? Name;
        options.SecretAccessKey = key?.SecretAccessKey ?? Name;
        options.SessionToken = null;
        options.Profile = null;
        options.ProxyHost = null;
        options.ProxyUserName = null;
        options.ProxyPassword = null;
        options.UseArnHost = false;
    }
}
