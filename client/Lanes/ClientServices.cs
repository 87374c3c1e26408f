using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>The services that the streams of a cluster producer share.</summary>
internal sealed class ClientServices(KplOptions options, IPipelineEvents events, TimeProvider time) : ProducerServices(options, events, time)
{
    public required ILanes Lanes { get; init; }

    public required ClientLog Log { get; init; }

    /// <summary>Makes ids of sessions, which are never used twice.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>When streams aim their records.</summary>
    public AimLimits Aim { get; init; } = AimLimits.Default;
}

/// <summary>Logs what operators of a client need to know about the cluster.</summary>
internal sealed partial class ClientLog(ILogger logger)
{
    [LoggerMessage(80, LogLevel.Information, "Stream {Stream} goes over {Lanes} lanes to {Silos} silos")]
    public partial void Dealt(string stream, int lanes, int silos);

    [LoggerMessage(81, LogLevel.Warning, "Stream {Stream}: no silo takes records; they wait, for as long as they may live")]
    public partial void NoSilo(Exception? error, string stream);

    [LoggerMessage(82, LogLevel.Error, "Stream {Stream}: silo {Silo} was lost; what becomes of {Records} records is unknown ({Code}: {Reason})")]
    public partial void Lost(string stream, SiloId silo, int records, string code, string reason);

    [LoggerMessage(83, LogLevel.Information, "Stream {Stream}: silo {Silo} is on its way out; records go to others")]
    public partial void Draining(string stream, SiloId silo);

    [LoggerMessage(84, LogLevel.Debug, "Stream {Stream}: silo {Silo} did not answer; it is asked again another way")]
    public partial void NotAnswered(Exception error, string stream, SiloId silo);

    [LoggerMessage(85, LogLevel.Warning, "No silo of cluster {Cluster} can be reached through {Place}: {Reason}; trying again every second")]
    public partial void NotConnected(string cluster, string place, string reason);
}
