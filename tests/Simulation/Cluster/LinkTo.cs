using Orleans.Kpl.Administration;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>One silo's calls to another.</summary>
internal sealed class LinkTo(SimulatedCluster cluster, SiloHost from, SiloId to) : ISiloCalls, IKinesisRelay
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public Task<bool> TakeRecordsAsync(RecordsFrame frame)
    {
        var sent = new RecordsFrame(frame.Origin, frame.Stream, frame.First, frame.EndedBefore, [.. frame.Records], [.. frame.Terms])
        {
            Shard = frame.Shard,
            Tenure = frame.Tenure,
        };
        cluster.Passes?.Note(sent, to);
        return CallAsync(Short, $"take records from {frame.First} on", async n =>
        {
            var isTaken = await n.Calls.TakeRecordsAsync(sent).ConfigureAwait(false);
            if (!isTaken)
                cluster.Fronts.NoteNotTaken(sent);
            return isTaken;
        });
    }

    public Task TakeOutcomesAsync(OutcomesFrame frame)
    {
        var sent = new OutcomesFrame(frame.Owner, frame.Stream, [.. frame.Outcomes]);
        return CallAsync(Short, "take outcomes", n => n.Calls.TakeOutcomesAsync(sent));
    }

    public Task ExpediteAsync(string stream) => CallAsync(Short, "expedite", n => n.Calls.ExpediteAsync(stream));

    public Task MapChangedAsync(string stream) => CallAsync(Short, "map changed", n => n.Calls.MapChangedAsync(stream));

    public Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) =>
        CallAsync(Longest, "announce boundaries", n => n.Calls.AnnounceBoundariesAsync(stream, hashKeys));

    public Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) =>
        CallAsync(Short, "withdraw boundaries", n => n.Calls.WithdrawBoundariesAsync(stream, hashKeys));

    public Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream) =>
        CallAsync(Long, "get loads", n => n.Calls.GetLoadsAsync(stream));

    public Task LeavingAsync(SiloId silo) => CallAsync(Long, $"{silo} leaves", n => n.Calls.LeavingAsync(silo));

    public Task MovedAsync(SiloId silo) => CallAsync(Short, $"{silo} has moved", n => n.Calls.MovedAsync(silo));

    public Task<SiloLedger> GetLedgerAsync(string stream) => CallAsync(Long, "get ledger", n => n.Calls.GetLedgerAsync(stream));

    public Task<ProcessReport> ReportAsync(string? stream) => CallAsync(Short, "report", n => n.Calls.ReportAsync(stream));

    public Task<LastNumbers> GetNumbersAsync(string stream) => CallAsync(Long, "get numbers", n => n.Calls.GetNumbersAsync(stream));

    public Task BacklogLeftAsync() => CallAsync(Short, "backlog left", static n => n.Calls.BacklogLeftAsync());

    public IKinesisRelay Kinesis => this;

    public Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries) =>
        PutThereAsync(entries, (there, sent) => there.PutRecordsAsync(stream, sent));

    public Task<SiloTime> GetClocksAsync() => CallAsync(Short, "get clocks", static n => n.Calls.Kinesis.GetClocksAsync());

    public Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(
        string stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, SiloTime until) =>
        PutThereAsync(entries, (there, sent) => there.PutOrderedAsync(stream, sent, after, until));

    public Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) =>
        CallAsync(Longest, "list shards there", n => n.Calls.Kinesis.ListShardsAsync(stream));

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        CallAsync(Longest, "list closed shards there", n => n.Calls.Kinesis.ListClosedShardsAsync(stream));

    public Task<StreamSummary> DescribeAsync(string stream) => CallAsync(Longest, "describe there", n => n.Calls.Kinesis.DescribeAsync(stream));

    private Task<IReadOnlyList<PutRecordsReplyEntry>?> PutThereAsync(
        ReadOnlyMemory<PutRecordsEntry> entries, Func<IKinesisRelay, PutRecordsEntry[], Task<IReadOnlyList<PutRecordsReplyEntry>?>> put)
    {
        PutRecordsEntry[] sent = [.. entries.ToArray().Select(static e => e with { Data = e.Data.ToArray(), PartitionKey = e.PartitionKey.ToArray() })];
        return CallAsync(Longest, $"put {sent.Length} records there", n =>
        {
            cluster.Service.NoteRelayed(sent, from.Process.Name);
            return put(n.Calls.Kinesis, sent);
        });
    }

    private Task CallAsync(TimeSpan timeout, TraceText what, Func<SiloNode, Task> call) => CallAsync(timeout, what, async n =>
    {
        await call(n).ConfigureAwait(false);
        return true;
    });

    private Task<T> CallAsync<T>(TimeSpan timeout, TraceText what, Func<SiloNode, Task<T>> call) => cluster.HostOf(to) is { } host
        ? cluster.Wires.CallAsync(from, host, host.ProcessOf(to), timeout, what, () => call(host.NodeOf(to)))
        : Task.FromException<T>(new IOException($"simulated: there is no silo {to}"));
}

/// <summary>One silo's way to all others.</summary>
internal sealed class SiloWiring(SimulatedCluster cluster, SiloHost from) : ISiloLinks
{
    public ISiloCalls To(SiloId silo) => new LinkTo(cluster, from, silo);
}

/// <summary>The calls of clients that one silo passes on to another.</summary>
internal sealed class PassedOnTo(SimulatedCluster cluster, SiloHost from, SiloId to, string stream) : ILaneCalls
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public Task<ClientReply> OpenAsync(ClientRequest request) =>
        CallAsync($"open {request.Session}, passed on", l => l.Node.Sessions.OpenAsync(stream, request));

    public Task<ClientReply> AcceptAsync(ClientBatch batch) =>
        CallAsync($"accept from {batch.FirstRecord} on, passed on", l => l.AcceptAsync(stream, batch));

    public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) =>
        CallAsync($"take outcomes after {request.AcknowledgedUpTo}, passed on", l => l.Node.Sessions.TakeOutcomesAsync(stream, request));

    public Task<ClientReply> FlushAsync(ClientRequest request) =>
        CallAsync("flush, passed on", l => l.Node.Sessions.FlushAsync(stream, request));

    public Task<ClientReply> CloseAsync(ClientRequest request) =>
        CallAsync("close, passed on", l => l.Node.Sessions.CloseAsync(stream, request));

    private Task<T> CallAsync<T>(TraceText what, Func<SiloLife, Task<T>> call) => cluster.HostOf(to) is { } host
        ? cluster.Wires.CallAsync(from, host, host.ProcessOf(to), Timeout, what, () => call(host.LifeOf(to)!))
        : Task.FromException<T>(new IOException($"simulated: there is no silo {to}"));
}
