using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>
/// Decides where the calls of each stream go (Kinesis' endpoint rule set). Names go to the region's host. ARNs go to their account's own
/// hosts if the settings say so, and to the region's host when such a name does not resolve, as in private networks.
/// </summary>
internal sealed class StreamRoutes(KinesisLocation location, bool useArnHost, TimeProvider time)
{
    /// <summary>How long a host name that did not resolve is not looked up again.</summary>
    public static readonly TimeSpan UnresolvedFor = TimeSpan.FromMinutes(5);

    /// <summary>So many streams are kept, and so many hosts of accounts.</summary>
    private const int MostRoutes = 10_000;

    private readonly KinesisEndpoint _regional = new(location.Endpoint);
    private readonly ConcurrentDictionary<string, StreamRoute> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Account, OperationKind Kind), KinesisEndpoint> _accounts = new();

    /// <inheritdoc cref="KinesisLocation.IsOfAws"/>
    public bool IsOfAws { get; } = location.IsOfAws;

    /// <exception cref="KinesisException">The stream is neither a name nor an ARN, or is an ARN of another partition or region.</exception>
    public StreamRoute For(string stream)
    {
        if (_routes.TryGetValue(stream, out var route))
            return route;
        route = Parse(stream);
        // Names may be made up by clients of a tier: those beyond are taken apart each time.
        return _routes.Count < MostRoutes ? _routes.GetOrAdd(stream, route) : route;
    }

    public KinesisEndpoint EndpointFor(StreamRoute stream, OperationKind kind)
    {
        if (!useArnHost || stream.Account is not { } account || kind == OperationKind.Regional || !HasAccountHosts)
            return _regional;
        if (!_accounts.TryGetValue((account, kind), out var endpoint))
        {
            // Accounts may be made up. The host of the region serves those beyond as well.
            if (_accounts.Count >= MostRoutes)
                return _regional;
            endpoint = _accounts.GetOrAdd((account, kind), MakeAccountEndpoint);
        }

        return endpoint.UnresolvedSince is { } since && time.GetElapsedTime(since) < UnresolvedFor ? _regional : endpoint;
    }

    /// <summary>Notes that a host name did not resolve; false when there is no other host to try.</summary>
    public bool TryFallBack(KinesisEndpoint endpoint)
    {
        if (ReferenceEquals(endpoint, _regional))
            return false;
        endpoint.UnresolvedSince = time.GetTimestamp();
        return true;
    }

    /// <summary>Whether accounts have hosts of their own: not with an endpoint that settings name, and not in the isolated partitions.</summary>
    private bool HasAccountHosts => !location.IsOverridden && location.Partition is not ("aws-iso" or "aws-iso-b");

    private KinesisEndpoint MakeAccountEndpoint((string Account, OperationKind Kind) key) =>
        new(new Uri($"https://{key.Account}.{(key.Kind == OperationKind.Data ? "data" : "control")}-kinesis{location.Variant.FipsMark}.{location.Region}.{location.DnsSuffix}"));

    private StreamRoute Parse(string stream)
    {
        if (!StreamArn.IsArn(stream))
            return StreamName.IsName(stream) ? new StreamRoute(stream, null) : throw Invalid($"'{stream}' is no stream's name.");
        if (StreamArn.TryParse(stream) is not { } arn)
            throw Invalid($"'{stream}' is no stream's ARN.");

        // An endpoint on this machine may serve any region.
        if (!location.IsLoopback && arn.Partition != location.Partition)
            throw Invalid($"'{stream}' is of partition {arn.Partition}, {KinesisLocation.RegionSetting} {location.Region} of {location.Partition}.");
        if (!location.IsLoopback && arn.Region != location.Region)
            throw Invalid($"'{stream}' is of region {arn.Region}, {KinesisLocation.RegionSetting} is {location.Region}.");
        return new StreamRoute(stream, arn);
    }

    private static KinesisException Invalid(string message) => new(KinesisFailureKind.NotSent, RecordErrorCodes.InvalidStream, message);
}
