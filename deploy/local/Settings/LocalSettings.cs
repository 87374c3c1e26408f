using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Settings;

/// <summary>The checked settings of a run of the local tier.</summary>
internal sealed class LocalSettings : ITierSettings
{
    /// <summary>The producer's options. With a local endpoint, address and keys are set when the endpoint starts.</summary>
    public required KplOptions Kpl { get; init; }

    public required KplHttpOptions Http { get; init; }

    public required KinesisFrontOptions Front { get; init; }

    /// <summary>The options of the local endpoint to start; null if another endpoint is used.</summary>
    public required LocalKinesisOptions? LocalKinesis { get; init; }

    /// <summary>The streams to create at the endpoint, local or not; empty if none are to be created.</summary>
    public required IReadOnlyList<StreamArgument> StreamsToCreate { get; init; }

    /// <summary>The streams that must be there when the tier starts: not those that it creates elsewhere, in the background.</summary>
    public IEnumerable<string> StreamsToCheck => LocalKinesis is not null
        ? StreamsToCreate.Select(static s => s.Name)
        : StreamsToCreate.Any(s => s.Name == Http.DefaultStream) ? [] : [Http.DefaultStream];

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IConfiguration Configuration { get; init; }
}
