namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>How CloudWatch is reached: its own settings, and those of Kinesis where there are none.</summary>
internal static class CloudWatchSettings
{
    public static KinesisOptions Of(KplOptions options)
    {
        var (own, settings) = (options.Metrics, options.Kinesis.Clone());
        settings.EndpointUrl = own.EndpointUrl
            ?? (string.IsNullOrEmpty(own.CloudwatchEndpoint) ? null : new Uri($"https://{own.CloudwatchEndpoint}:{own.CloudwatchPort}"));
        settings.Region = own.Region ?? settings.Region;
        if (!string.IsNullOrEmpty(own.AccessKeyId) || !string.IsNullOrEmpty(own.Profile) || own.Credentials is not null)
        {
            (settings.AccessKeyId, settings.SecretAccessKey, settings.SessionToken) = (own.AccessKeyId, own.SecretAccessKey, own.SessionToken);
            (settings.Credentials, settings.Profile) = (own.Credentials, own.Credentials is null ? own.Profile : settings.Profile);
        }

        return settings;
    }
}
