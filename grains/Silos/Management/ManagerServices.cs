using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>What the managers on one silo share.</summary>
internal sealed record ManagerServices
{
    public required KplOptions Options { get; init; }

    /// <summary>Kinesis itself: only managers ask it about shards.</summary>
    public required IKinesisGateway Kinesis { get; init; }

    /// <summary>Kinesis as the silo's pipeline sees it.</summary>
    public required ClusterGateway Gateway { get; init; }

    public required StreamNameResolver Names { get; init; }

    public required ISiloLinks Links { get; init; }

    public required LiveSilos Silos { get; init; }

    public required AdminServices Admin { get; init; }

    /// <summary>Keeps the dead letters; null if there is no backlog.</summary>
    public IBacklogStore? Letters { get; init; }

    /// <summary>Puts dead letters of a stream into the backlog of this silo; they are durable when it completes.</summary>
    public required Func<string, IReadOnlyList<DeadLetter>, Task> Requeue { get; init; }

    /// <summary>Sends hints of failures; null where nobody wants them.</summary>
    public Func<FailureNotice, Task>? SendHint { get; init; }

    public FailureMemory FailureMemory { get; } = new();

    public required IPipelineEvents Events { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
