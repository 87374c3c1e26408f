using Amazon.Runtime;
using Orleans.Kpl.Aws.Credentials;

namespace Orleans.Kpl;

/// <summary>Makes a producer use credentials of AWS's SDK.</summary>
public static class KplAwsCredentialsExtensions
{
    /// <summary>Signs all requests with these credentials; the SDK refreshes them.</summary>
    /// <param name="options">The settings of a producer.</param>
    /// <param name="credentials">Any credentials of AWS's SDK.</param>
    public static KplOptions UseAwsCredentials(this KplOptions options, AWSCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(credentials);
        options.Kinesis.Credentials = new AwsSdkCredentials(credentials).GetAsync;
        return options;
    }

    /// <summary>Signs the requests of one stream with these credentials; the SDK refreshes them.</summary>
    /// <param name="options">The settings of a stream, such as in <see cref="KplOptions.ForStream"/>.</param>
    /// <param name="credentials">Any credentials of AWS's SDK.</param>
    public static StreamOptions UseAwsCredentials(this StreamOptions options, AWSCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(credentials);
        options.Credentials = new AwsSdkCredentials(credentials).GetAsync;
        return options;
    }

    /// <summary>Signs the requests to CloudWatch with these credentials; the SDK refreshes them.</summary>
    /// <param name="options">The settings of metrics: <see cref="KplOptions.Metrics"/>.</param>
    /// <param name="credentials">Any credentials of AWS's SDK.</param>
    public static MetricsOptions UseAwsCredentials(this MetricsOptions options, AWSCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(credentials);
        options.Credentials = new AwsSdkCredentials(credentials).GetAsync;
        return options;
    }
}
