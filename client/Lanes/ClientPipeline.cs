using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Lanes;

/// <summary>Holds all streams of one process that sends to a cluster, behind <see cref="IKplProducer"/>.</summary>
internal sealed class ClientPipeline : ProducerShell<ClientStream>
{
    private readonly ClientServices _services;

    public ClientPipeline(
        KplOptions options, ILanes lanes, IPipelineEvents events, ILogger logger, TimeProvider time, Func<Guid> newId, bool isCallsOnly = false,
        IMeterFactory? meters = null)
        : base(options) => _services = new ClientServices(options, events, time)
        {
            Lanes = lanes,
            Log = new ClientLog(logger),
            NewId = newId,
            Instruments = new KplInstruments(ProducerRole.Client, () => Streams, meters),
            Relieve = Relieve,
            IsCallsOnly = isCallsOnly,
        };

    protected override ProducerServices Services => _services;

    protected override ValueTask<EnqueuedRecord> AcceptAsync(
        string stream, UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        // Only the tier's silos know whether it has a backlog: they reject records that need one.
        PutOptionsValidator.Check(options, hasBacklog: true);
        return GetStream(stream).EnqueueAsync(record, options, cancellationToken);
    }

    protected override ValueTask<EnqueuedBatch> AcceptAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        PutOptionsValidator.Check(options, hasBacklog: true);
        return GetStream(stream).EnqueueAsync(records, options, cancellationToken);
    }

    protected override ClientStream NewStream(string name) => new(name, Options.GetStream(name), _services);

    protected override Task StopStreamsAsync()
    {
        foreach (var stream in Streams)
            stream.Stop();
        return FlushAllAsync();
    }
}
