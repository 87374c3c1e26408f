using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Grains.Management;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Orleans.Kpl.Grains.Links;

/// <summary>The calls between silos, one such service on each. The calls are those of <see cref="ISiloCalls"/>.</summary>
[Alias("Orleans.Kpl.ISiloLink")]
internal interface ISiloLink : IGrainService
{
    [Alias("TakeRecords"), ResponseTimeout("00:00:05")]
    Task<bool> TakeRecords(RecordsFrame frame);

    [Alias("TakeOutcomes"), ResponseTimeout("00:00:05")]
    Task TakeOutcomes(OutcomesFrame frame);

    [Alias("Expedite"), ResponseTimeout("00:00:05")]
    Task Expedite(string stream);

    [Alias("MapChanged"), ResponseTimeout("00:00:05")]
    Task MapChanged(string stream);

    [Alias("AnnounceBoundaries"), ResponseTimeout("00:01:00")]
    Task AnnounceBoundaries(string stream, UInt128[] hashKeys);

    [Alias("WithdrawBoundaries"), ResponseTimeout("00:00:05")]
    Task WithdrawBoundaries(string stream, UInt128[] hashKeys);

    [Alias("GetLoads"), ResponseTimeout("00:00:30")]
    Task<SiloLoads> GetLoads(string stream);

    [Alias("Leaving"), ResponseTimeout("00:00:30")]
    Task Leaving(SiloAddress silo);

    [Alias("Moved"), ResponseTimeout("00:00:05")]
    Task Moved(SiloAddress silo);

    [Alias("GetBooks"), ResponseTimeout("00:00:30")]
    Task<SiloLedger> GetLedger(string stream);

    /// <summary>Returns the report as JSON, whose members are only ever added.</summary>
    [Alias("Report"), ResponseTimeout("00:00:05")]
    Task<string> Report(string? stream);

    // Shorter than whoever asks for all silos waits.
    [Alias("GetNumbers"), ResponseTimeout("00:00:03")]
    Task<LastNumbers> GetNumbers(string stream);

    [Alias("BacklogLeft"), ResponseTimeout("00:00:05")]
    Task BacklogLeft();

    /// <returns>Null where the silo has no room for the records.</returns>
    /// <param name="records">Kinesis records as <see cref="Packed.PackedRecords"/>.</param>
    [Alias("RelayPut"), ResponseTimeout("00:10:00")]
    Task<RelayedReply?> RelayPut(string stream, [Immutable] byte[] records);

    [Alias("GetClocks"), ResponseTimeout("00:00:05")]
    Task<(TimeSpan Uptime, DateTimeOffset Wall)> GetClocks();

    /// <inheritdoc cref="RelayPut"/>
    /// <param name="after">The sequence number for ordering; null for none.</param>
    /// <param name="until">When the caller's lease is over, by the clocks of this silo.</param>
    [Alias("RelayPutOrdered"), ResponseTimeout("00:11:00")]
    Task<RelayedReply?> RelayPutOrdered(string stream, [Immutable] byte[] records, string? after, (TimeSpan Uptime, DateTimeOffset Wall) until);

    [Alias("RelayListShards"), ResponseTimeout("00:00:30")]
    Task<ShardListing> RelayListShards(string stream);

    [Alias("RelayListClosedShards"), ResponseTimeout("00:00:30")]
    Task<ShardListing> RelayListClosedShards(string stream);

    [Alias("RelayDescribe"), ResponseTimeout("00:00:30")]
    Task<StreamDescription> RelayDescribe(string stream);
}

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

    public Task<LastNumbers> GetNumbers(string stream) => node.Calls.GetNumbersAsync(stream);

    public Task BacklogLeft() => node.Calls.BacklogLeftAsync();

    public Task<RelayedReply?> RelayPut(string stream, byte[] records) =>
        RelayedReply.ToldAsync(node.Calls.Kinesis.PutRecordsAsync(stream, RelayedRecords.Unpack(records)));

    public async Task<(TimeSpan Uptime, DateTimeOffset Wall)> GetClocks()
    {
        var now = await node.Calls.Kinesis.GetClocksAsync();
        return (now.Uptime, now.Wall);
    }

    public Task<RelayedReply?> RelayPutOrdered(string stream, byte[] records, string? after, (TimeSpan Uptime, DateTimeOffset Wall) until) =>
        RelayedReply.ToldAsync(node.Calls.Kinesis.PutOrderedAsync(stream, RelayedRecords.Unpack(records), after, new SiloTime(until.Uptime, until.Wall)));

    public Task<ShardListing> RelayListShards(string stream) => node.Calls.Kinesis.ListShardsAsync(stream).ListedAsync();

    public Task<ShardListing> RelayListClosedShards(string stream) => node.Calls.Kinesis.ListClosedShardsAsync(stream).ListedAsync();

    public Task<StreamDescription> RelayDescribe(string stream) => node.Calls.Kinesis.DescribeAsync(stream).DescribedAsync();
}

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

    public Task<LastNumbers> GetNumbersAsync(string stream) => link.GetNumbers(stream);

    public Task BacklogLeftAsync() => link.BacklogLeft();

    public IKinesisRelay Kinesis => new RemoteRelay(link);
}

/// <summary>Takes the traces of a frame's records along with its call, in Orleans' context of requests: frames keep their bytes, traced or not.</summary>
internal static class FrameTraces
{
    private const string Header = "kpl.traces";

    /// <summary>Sends a frame.</summary>
    public static Task<bool> SendAsync(RecordsFrame frame, Func<RecordsFrame, Task<bool>> send)
    {
        // The trace that this flow was called with is another frame's.
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
