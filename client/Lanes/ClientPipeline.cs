using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>Holds all streams of one process that sends to a cluster, behind <see cref="IKplProducer"/>.</summary>
internal sealed class ClientPipeline : ProducerShell<ClientStream>
{
    private readonly ClientServices _services;

    public ClientPipeline(
        KplOptions options, ILanes lanes, IPipelineEvents events, ILogger logger, TimeProvider time, Func<Guid> newId,
        IMeterFactory? meters = null, AimLimits? aim = null)
        : base(options) => _services = new ClientServices(options, events, time)
        {
            Lanes = lanes,
            Log = new ClientLog(logger),
            NewId = newId,
            Instruments = new KplInstruments(ProducerRole.Client, () => Streams, events.HandlerThrew, meters),
            Relieve = Relieve,
            Aim = aim ?? AimLimits.Default,
        };

    protected override ProducerServices Services => _services;

    /// <summary>
    /// From now on closes each stream that has been unused for so long and holds nothing; called before the first use. Its ledger is kept, and the next
    /// put opens it again.
    /// </summary>
    public void CloseIdleStreams(TimeSpan after) =>
        CloseIdle(after, static stream => stream.HoldsNothing ? IdleStep.Close : IdleStep.Stay, static stream => stream.CloseAsync());

    /// <remarks>Only the tier's silos know whether they have one: they reject records that need it.</remarks>
    public override bool HasBacklog => true;

    /// <remarks>Only a silo knows whether an ARN is the stream of the name in it: both are flushed.</remarks>
    public override Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        var flushed = base.FlushAsync(stream, cancellationToken);
        if (stream is null)
            return flushed;
        var others = Streams.Where(s => s.Stream != stream && StreamNameResolver.NameIn(s.Stream) == StreamNameResolver.NameIn(stream));
        return Task.WhenAll([flushed, .. others.Select(s => s.FlushAsync().WaitAsync(cancellationToken))]);
    }

    protected override ClientStream NewStream(string name, BacklogLedger ledger) => new(name, Options.GetStream(name), _services, ledger);

    protected override Task StopStreamsAsync()
    {
        foreach (var stream in Streams)
            stream.Stop();
        return FlushAllAsync();
    }
}

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

/// <summary>The ways into the cluster, as one client process has them. Each lane has one route, by one gateway.</summary>
internal interface ILanes
{
    /// <summary>Is cancelled when a gateway is lost; after each loss there is a new token.</summary>
    CancellationToken GatewayLost { get; }

    /// <summary>Returns a lane that was not used before. It reaches whichever gateway there is.</summary>
    ILaneCalls Fresh(string stream);
}
