using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws;

/// <summary>Creates gateways from settings; a gateway sends nothing and fetches no credentials before the first call.</summary>
internal static class KinesisGatewayFactory
{
    /// <param name="options">Section <c>Kpl:Kinesis</c>.</param>
    /// <param name="time">The clock that requests are signed and timed with.</param>
    /// <param name="maxConnections">The most connections to one host; further calls wait for a free connection.</param>
    /// <exception cref="KinesisSettingsException">No call can be made with these settings; the exception names the setting.</exception>
    public static KinesisGateway Create(KinesisOptions options, TimeProvider time, int maxConnections = 256) =>
        Create(options, AwsEnvironment.Process, time, maxConnections);

    public static KinesisGateway Create(KinesisOptions options, AwsEnvironment environment, TimeProvider time, int maxConnections)
    {
        var location = KinesisLocation.Resolve(options, environment);
        var handler = KinesisHandler.Create(options, maxConnections);
        var credentials = CredentialSources.Create(options, location, environment, new StsConnections(handler), time);
        return new KinesisGateway(new KinesisClient(handler, location, credentials, options.UseArnHost, time, BodyHasher.Create(options.VectorHashing)));
    }
}
