using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// How a service of AWS is reached. This is where settings, environment and profile meet: settings come first, then variables, then the profile.
/// </summary>
/// <param name="Location">Endpoint and region.</param>
/// <param name="Handler">The connections; whoever asked for them disposes them.</param>
/// <param name="Credentials">What signs.</param>
internal sealed record AwsConnection(KinesisLocation Location, HttpMessageHandler Handler, CredentialSources Credentials)
{
    private const int StsConnections = 4;

    static AwsConnection() =>
        AwsChainOrigin.ConnectBy(static () => EnvironmentHandler.Create(new KinesisOptions(), default, AwsEnvironment.Process, StsConnections));

    /// <summary>The settings of AWS's environment that are heeded, for the log; null where none is.</summary>
    public string? Heeded => Join([.. Location.Deciders, .. OfTheWay]);

    /// <summary>The reasons why calls go where they go, and the settings that are heeded on the way there, for people.</summary>
    public string Why => (Join(Location.Deciders) is { } sources ? $"from {sources}" : Location.IsOverridden ? "from settings" : "the region's own")
        + (Join(OfTheWay) is { } way ? $", with {way}" : "");

    private IEnumerable<string> OfTheWay => EnvironmentHandler.SourcesOf(Handler, Location.Endpoint);

    private static string? Join(IEnumerable<string> sources) => string.Join(", ", sources) is { Length: > 0 } joined ? joined : null;

    /// <summary>Resolves everything; nothing is sent, except that an instance's metadata is asked for a region that nothing else names.</summary>
    /// <param name="environment">AWS's variables and files.</param>
    /// <param name="maxConnections">The most connections to one host; further calls wait for a free connection.</param>
    /// <exception cref="KinesisSettingsException">No call can be made; the exception names the setting or the variable.</exception>
    public static AwsConnection Open(AwsService service, KinesisOptions options, AwsEnvironment environment, int maxConnections, TimeProvider time)
    {
        var location = KinesisLocation.Resolve(service, options, environment);
        var handler = EnvironmentHandler.Create(location.IsOfAws ? CertificateTrust.ForAws(options) : options, location.Variant, environment, maxConnections);
        var isHere = options.EndpointUrl is { IsLoopback: true };
        var checking = new Lazy<HttpMessageHandler>(
            () => options.VerifyCertificate && !isHere ? handler
                : EnvironmentHandler.Create(CertificateTrust.ForAws(options), default, environment, StsConnections));
        return new AwsConnection(
            location, handler, CredentialSources.Create(options, location, environment, sts => sts.IsOfAws ? checking.Value : handler, time));
    }
}
