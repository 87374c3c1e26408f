using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>Tells where the clients of services other than Kinesis call, and what decided it. They are not asked anything.</summary>
internal static class ClientLines
{
    private const string Name = "endpoints";

    /// <param name="region">The region of Kinesis, where the services have none of their own.</param>
    public static KplCheckLine Of(KplOptions options, string region, AwsEnvironment environment, TimeProvider time)
    {
        List<string> told = [];
        foreach (var service in (AwsService[])[AwsService.CloudWatch, AwsService.Glue, AwsService.Sts, AwsService.DynamoDb])
        {
            var settings = service == AwsService.CloudWatch ? CloudWatchSettings.Of(options) : options.Kinesis.Clone();
            settings.EndpointUrl = service == AwsService.CloudWatch ? settings.EndpointUrl : null;
            settings.Region ??= region;
            try
            {
                var reached = AwsConnection.Open(service, settings, environment, maxConnections: 1, time);
                reached.Handler.Dispose();
                told.Add($"{service.Name} {reached.Location.Endpoint.AbsoluteUri.TrimEnd('/')} ({reached.Why})");
            }
            catch (KinesisSettingsException error)
            {
                return ProcessLines.Line(Name, KplCheckStatus.Failed, $"{service.Name}: {error.Message.TrimEnd('.')}", "correct what the message names");
            }
        }

        return ProcessLines.Line(Name, KplCheckStatus.Passed, string.Join("; ", told));
    }
}
