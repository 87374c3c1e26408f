using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

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

    /// <remarks>Only the tier's silos know whether it has a backlog: they reject records that need one.</remarks>
    protected override void Check(PutOptions? options) => PutOptionsValidator.Check(options, hasBacklog: true);

    protected override ClientStream NewStream(string name, BacklogLedger ledger) => new(name, Options.GetStream(name), _services, ledger);

    protected override Task StopStreamsAsync()
    {
        foreach (var stream in Streams)
            stream.Stop();
        return FlushAllAsync();
    }
}
