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
        if (!string.IsNullOrEmpty(own.AccessKeyId) || !string.IsNullOrEmpty(own.Profile))
        {
            (settings.AccessKeyId, settings.SecretAccessKey) = (own.AccessKeyId, own.SecretAccessKey);
            (settings.SessionToken, settings.Profile) = (own.SessionToken, own.Profile);
        }

        return settings;
    }
}
