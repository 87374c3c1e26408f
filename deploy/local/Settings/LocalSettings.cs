using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Settings;

/// <summary>All that a run of the local tier needs, checked.</summary>
internal sealed class LocalSettings : ITierSettings
{
    /// <summary>The producer's options. With a local endpoint its address and keys are still to come.</summary>
    public required KplOptions Kpl { get; init; }

    public required KplHttpOptions Http { get; init; }

    /// <summary>The local endpoint to start; null where another one is used.</summary>
    public required LocalKinesisOptions? LocalKinesis { get; init; }

    /// <summary>Streams to create at whichever endpoint; empty where nothing is to be created.</summary>
    public required IReadOnlyList<StreamArgument> StreamsToCreate { get; init; }

    /// <inheritdoc/>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <inheritdoc/>
    public required IConfiguration Configuration { get; init; }
}
