using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Metrics.Signing;

/// <summary>How CloudWatch is reached: its own settings, and those of Kinesis where there are none.</summary>
/// <param name="Address">Where calls go.</param>
/// <param name="Region">The region that signatures name.</param>
/// <param name="Credentials">What signs.</param>
/// <param name="Handler">The connections; whoever asked for them disposes them.</param>
internal sealed record CloudWatchAccess(Uri Address, string Region, ICredentialSource Credentials, SocketsHttpHandler Handler)
{
    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchAccess Resolve(KplOptions options, TimeProvider time)
    {
        var (own, settings) = (options.Metrics, options.Kinesis.Clone());
        settings.EndpointUrl = own.EndpointUrl
            ?? (string.IsNullOrEmpty(own.CloudwatchEndpoint) ? null : new Uri($"https://{own.CloudwatchEndpoint}:{own.CloudwatchPort}"));
        settings.Region = own.Region ?? settings.Region;
        if (!string.IsNullOrEmpty(own.AccessKeyId) || !string.IsNullOrEmpty(own.Profile))
        {
            (settings.AccessKeyId, settings.SecretAccessKey) = (own.AccessKeyId, own.SecretAccessKey);
            (settings.SessionToken, settings.Profile) = (own.SessionToken, own.Profile);
        }

        try
        {
            var location = KinesisLocation.ResolveOther(settings, AwsEnvironment.Process);
            var address = settings.EndpointUrl ?? new Uri($"https://monitoring.{location.Region}.{location.DnsSuffix}");
            var handler = KinesisHandler.Create(settings, maxConnections: 2);
            var credentials = CredentialSources.Create(settings, location, AwsEnvironment.Process, new StsConnections(handler), time);
            return new CloudWatchAccess(address, location.Region, credentials.For(null), handler);
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([$"CloudWatch: {error.Message}"]);
        }
    }
}
