using System.Collections.Concurrent;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>
/// Lanes have the records of all callers. A call in the flow of one of them would carry its span, and what it has set in Orleans' request context, to silos:
/// with the records of others, and for as long as outcomes are asked for.
/// </summary>
public sealed class LaneFlowTests
{
    private static readonly AsyncLocal<string?> Caller = new();

    [Fact]
    public async Task Calls_ThatAPutOrAFlushBegins_AreNotInTheFlowOfItsCaller()
    {
        using var cluster = new FakeCluster(1);
        cluster.Silos[0].EndsAtOnce = false;
        var lanes = new HeardLanes(cluster);
        var producer = FakeCluster.NewProducer(lanes, new KplOptions { RecordTtl = Numbered.Long }, TimeProvider.System);

        Caller.Value = "who puts";
        var put = producer.PutAsync(Numbered.Stream, Numbered.Record(1)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == 1 && lanes.Calls.Any(static c => c.Call == "outcomes"));
        Caller.Value = "who flushes";
        await producer.FlushAsync();
        Assert.True((await put).IsSuccess);
        await producer.DisposeAsync();
        Caller.Value = null;

        Assert.Superset(new HashSet<string> { "open", "accept", "outcomes", "flush" }, lanes.Calls.Select(static c => c.Call).ToHashSet());
        Assert.All(lanes.Calls, static c => Assert.Null(c.Caller));
    }

    private sealed class HeardLanes(ILanes lanes) : ILanes
    {
        public ConcurrentQueue<(string Call, string? Caller)> Calls { get; } = [];

        public CancellationToken GatewayLost => lanes.GatewayLost;

        public ILaneCalls Fresh(string stream) => new HeardLane(lanes.Fresh(stream), this);

        public T Note<T>(string call, T answer)
        {
            Calls.Enqueue((call, Caller.Value));
            return answer;
        }
    }

    private sealed class HeardLane(ILaneCalls lane, HeardLanes heard) : ILaneCalls
    {
        public Task<ClientReply> OpenAsync(ClientRequest request) => heard.Note("open", lane.OpenAsync(request));

        public Task<ClientReply> AcceptAsync(ClientBatch batch) => heard.Note("accept", lane.AcceptAsync(batch));

        public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => heard.Note("outcomes", lane.TakeOutcomesAsync(request));

        public Task<ClientReply> FlushAsync(ClientRequest request) => heard.Note("flush", lane.FlushAsync(request));

        public Task<ClientReply> CloseAsync(ClientRequest request) => heard.Note("close", lane.CloseAsync(request));
    }
}
