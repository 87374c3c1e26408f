using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http;
using Orleans.Kpl.Local.Arguments;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Local.Settings;

/// <summary>All that a run of the local tier needs, checked.</summary>
internal sealed class LocalSettings
{
    /// <summary>The producer's options. With a local endpoint its address and keys are still to come.</summary>
    public required KplOptions Kpl { get; init; }

    public required KplHttpOptions Http { get; init; }

    /// <summary>The local endpoint to start; null where another one is used.</summary>
    public required LocalKinesisOptions? LocalKinesis { get; init; }

    /// <summary>Streams to create at whichever endpoint; empty where nothing is to be created.</summary>
    public required IReadOnlyList<StreamArgument> StreamsToCreate { get; init; }

    /// <summary>What works, but hardly as meant.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Files, environment and command line together, for what reads its own part, such as logging.</summary>
    public required IConfiguration Configuration { get; init; }
}
