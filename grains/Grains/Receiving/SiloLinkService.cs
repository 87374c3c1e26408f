using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Receiving;

/// <summary>The silo's service for all links; it only hands calls over.</summary>
internal sealed class SiloLinkService(GrainId grainId, Silo silo, ILoggerFactory loggers, SiloNode node) : GrainService(grainId, silo, loggers), ISiloLink
{
    public Task<bool> TakeRecords(RecordsFrame frame) => node.Calls.TakeRecordsAsync(FrameTraces.Receive(frame));

    public Task TakeOutcomes(OutcomesFrame frame) => node.Calls.TakeOutcomesAsync(frame);

    public Task Expedite(string stream) => node.Calls.ExpediteAsync(stream);

    public Task MapChanged(string stream) => node.Calls.MapChangedAsync(stream);

    public Task AnnounceBoundaries(string stream, UInt128[] hashKeys) => node.Calls.AnnounceBoundariesAsync(stream, hashKeys);

    public Task WithdrawBoundaries(string stream, UInt128[] hashKeys) => node.Calls.WithdrawBoundariesAsync(stream, hashKeys);

    public async Task<SiloLoads> GetLoads(string stream) => SiloLoads.Of(await node.Calls.GetLoadsAsync(stream));

    public Task Leaving(SiloAddress silo) => node.Calls.LeavingAsync(silo.ToId());

    public Task Moved(SiloAddress silo) => node.Calls.MovedAsync(silo.ToId());

    public Task<SiloLedger> GetLedger(string stream) => node.Calls.GetLedgerAsync(stream);

    public async Task<string> Report(string? stream) =>
        JsonSerializer.Serialize(await node.Calls.ReportAsync(stream), AdminJson.Default.ProcessReport);

    public Task BacklogLeft() => node.Calls.BacklogLeftAsync();
}
