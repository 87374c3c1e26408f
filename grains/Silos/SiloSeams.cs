using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos;

/// <summary>
/// Everything outside this project that a silo needs, such as membership, links and stores. A test that supplies it has a silo without Orleans.
/// </summary>
internal sealed record SiloSeams
{
    /// <summary>The settings, which are the same on all silos.</summary>
    public required KplOptions Options { get; init; }

    /// <summary>The cluster's settings; null for a cluster of one silo.</summary>
    public KplClusterOptions? Cluster { get; init; }

    /// <summary>The silos that there are.</summary>
    public required ISiloMembership Membership { get; init; }

    /// <summary>The calls to other silos.</summary>
    public required ISiloLinks Links { get; init; }

    /// <summary>The calls of clients for a stream that are passed on to another silo.</summary>
    public required Func<SiloId, string, ILaneCalls> Clients { get; init; }

    /// <summary>The owners of the shards.</summary>
    public required IShardDirectory Shards { get; init; }

    /// <summary>The managers of the streams.</summary>
    public required IStreamManagers Managers { get; init; }

    /// <summary>Kinesis itself.</summary>
    public required IKinesisGateway Kinesis { get; init; }

    /// <summary>The services that the managers here need to change shards.</summary>
    public required AdminServices Admin { get; init; }

    /// <summary>The rows that silos share: leases, epochs, logs, the owner of the tables.</summary>
    public required IStateStore State { get; init; }

    /// <summary>The backlog that silos share; null where there is none, or where this silo has one of its own.</summary>
    public IWriterStores? SharedBacklog { get; init; }

    /// <summary>The backlog of a cluster of one silo; the silo disposes it. Null for none.</summary>
    public IBacklogStore? OwnBacklog { get; init; }

    /// <summary>How long a stream is unused before it closes here.</summary>
    public TimeSpan IdleLimit { get; init; } = StreamIdling.Limit;

    /// <summary>Sends hints of failures; null where nobody wants them.</summary>
    public Func<FailureNotice, Task>? SendHint { get; init; }

    /// <summary>The clock and the timers.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The source of chance; asked for once.</summary>
    public required Random Random { get; init; }

    /// <summary>Makes ids that are never used twice.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>The loggers.</summary>
    public required ILoggerFactory Loggers { get; init; }

    /// <summary>Makes the meter, in a host that has such a factory.</summary>
    public IMeterFactory? Meters { get; init; }
}
