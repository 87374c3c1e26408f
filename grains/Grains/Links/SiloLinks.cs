using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Reaches the link service of a given silo.</summary>
internal sealed class SiloLinks(IServiceProvider services) : GrainServiceClient<ISiloLink>(services), ISiloLinks
{
    public ISiloCalls To(SiloId silo) => new RemoteSilo(GetGrainService(silo.ToAddress()));
}

/// <summary>Calls another silo through Orleans.</summary>
internal sealed class RemoteSilo(ISiloLink link) : ISiloCalls
{
    public Task<bool> TakeRecordsAsync(RecordsFrame frame) => FrameTraces.SendAsync(frame, link.TakeRecords);

    public Task TakeOutcomesAsync(OutcomesFrame frame) => link.TakeOutcomes(frame);

    public Task ExpediteAsync(string stream) => link.Expedite(stream);

    public Task MapChangedAsync(string stream) => link.MapChanged(stream);

    public Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) => link.AnnounceBoundaries(stream, hashKeys);

    public Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) => link.WithdrawBoundaries(stream, hashKeys);

    public async Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream) =>
        [.. (await link.GetLoads(stream).ConfigureAwait(false)).Shards.Select(static s => (s.ShardId, s.ToReport()))];

    public Task LeavingAsync(SiloId silo) => link.Leaving(silo.ToAddress());

    public Task MovedAsync(SiloId silo) => link.Moved(silo.ToAddress());

    public Task<SiloLedger> GetLedgerAsync(string stream) => link.GetLedger(stream);

    public async Task<ProcessReport> ReportAsync(string? stream) =>
        AdminJson.Read(await link.Report(stream).ConfigureAwait(false), AdminJson.Default.ProcessReport);

    public Task BacklogLeftAsync() => link.BacklogLeft();
}

/// <summary>Takes the traces of a frame's records along with its call, in Orleans' context of requests: frames keep their bytes, traced or not.</summary>
internal static class FrameTraces
{
    private const string Header = "kpl.traces";

    /// <summary>Sends a frame.</summary>
    public static Task<bool> SendAsync(RecordsFrame frame, Func<RecordsFrame, Task<bool>> send)
    {
        // What this flow was called with is another frame's.
        RequestContext.Remove(Header);
        if (frame.Traces is null)
            return send(frame);
        RequestContext.Set(Header, frame.Traces);
        try
        {
            return send(frame);
        }
        finally
        {
            RequestContext.Remove(Header);
        }
    }

    /// <summary>Moves what came with the call into its frame: whatever this flow starts would take it along, for as long as it runs.</summary>
    public static RecordsFrame Receive(RecordsFrame frame)
    {
        frame.Traces = RequestContext.Get(Header) as byte[];
        RequestContext.Remove(Header);
        return frame;
    }
}
