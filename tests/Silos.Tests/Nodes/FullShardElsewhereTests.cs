using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Tests.Lanes;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>What is put at one silo for a full shard of another waits, expires nowhere and holds up no other shard.</summary>
public sealed class FullShardElsewhereTests
{
    private static readonly UserRecord ForTheFullShard = new("hot", new byte[5_000], UInt128.Zero);
    private static readonly UserRecord ForTheOther = new("hot", new byte[5_000], UInt128.MaxValue);

    /// <summary>All was accepted: much of it expired, and until then it held the memory of what the other shards could have taken.</summary>
    [Fact]
    public async Task AFullShardOfAnotherSilo_HoldsUpNoOther_AndNothingThatWasAcceptedExpires()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 2, static o => (o.RateLimit, o.RecordTtl) = (10, TimeSpan.FromSeconds(12))) { Time = time };
        WorldSilo[] silos = [await world.StartAsync(), await world.StartAsync()];
        foreach (var silo in silos)
            await world.PassAsync(silo.Node.Producer.PutAsync(NodeWorld.Stream, new[] { ForTheFullShard, ForTheOther }).AsTask());
        var front = silos.Single(static s => s.Node.Producer.Find(NodeWorld.Stream)!.Routes.Find(0).IsElsewhere).Node.Producer;

        var puts = Enumerable.Range(0, 200).Select(_ => front.EnqueueAsync(NodeWorld.Stream, ForTheFullShard).AsTask()).ToList();
        var accepted = puts.Count(static p => p.IsCompleted);
        var other = front.PutAsync(NodeWorld.Stream, ForTheOther).AsTask();
        await time.PassUntilAsync(() => other.IsCompleted, TimeSpan.FromMilliseconds(50)).WaitAsync(Waiting.Long);

        Assert.True((await other).IsSuccess);
        Assert.True(puts.Exists(static p => !p.IsCompleted));
        // Half of what the shard takes in six seconds: there are two silos.
        Assert.InRange(accepted, 60, 65);
        await world.PassAsync(Task.WhenAll(puts));
        foreach (var put in puts)
        {
            var delivery = (await put).Delivery;
            await world.PassAsync(delivery);
            Assert.True((await delivery).IsSuccess, (await delivery).ToString());
        }
    }

    /// <summary>A message was accepted whole or not at all: what was for other shards came again and again with what was for the full one.</summary>
    [Fact]
    public async Task AFullShard_HoldsUpNoRecordsOfAClientForOthers()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 2, static o => (o.RateLimit, o.RecordTtl) = (10, TimeSpan.FromSeconds(24))) { Time = time };
        await world.StartAsync();
        var client = NewClient(world, time);
        List<Task<RecordResult>> full = [], others = [];
        var small = new UserRecord("hot", new byte[10], UInt128.MaxValue);
        for (var i = 0; i < 400; i++)
        {
            full.Add(client.PutAsync(NodeWorld.Stream, ForTheFullShard).AsTask());
            others.Add(client.PutAsync(NodeWorld.Stream, small).AsTask());
        }

        await world.PassAsync(Task.WhenAll(others));
        // By counts: on a busy machine the fake time runs ahead of the silo. Three quarters had been delivered before the last of the others.
        Assert.InRange(full.Count(static p => p.IsCompleted), 0, full.Count / 2);
        await world.PassAsync(Task.WhenAll(full));
        Assert.All([.. full, .. others], static p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        await world.PassAsync(client.DisposeAsync().AsTask());
    }

    /// <summary>Each waited on its lane: until the first came back, a client in a loop had put what the shard takes in half a minute.</summary>
    [Fact]
    public async Task MessagesForAFullShardAlone_ComeBackAtOnce_ButForOne()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 1, static o => (o.RateLimit, o.RecordTtl) = (10, TimeSpan.FromSeconds(24))) { Time = time };
        var node = (await world.StartAsync()).Node;
        await world.PassAsync(node.Producer.PutAsync(NodeWorld.Stream, ForTheFullShard).AsTask());
        Task last;
        do
            last = node.Producer.EnqueueAsync(NodeWorld.Stream, ForTheFullShard).AsTask();
        while (last.IsCompleted);
        var calls = new SessionCalls(node.Sessions, NodeWorld.Stream);
        var session = Guid.NewGuid();
        var silo = (await calls.OpenAsync(new ClientRequest { Session = session })).Silo;

        var answers = Enumerable.Range(1, 3).Select(number => calls.AcceptAsync(new ClientBatch
        {
            Session = session, Silo = silo, FirstRecord = number * ClientBatch.MaxRecords, Records = FakePackedProducer.Pack(1), TakesBack = true,
        })).ToList();
        await Waiting.UntilAsync(() => answers.Count(static a => a.IsCompleted) == 2);
        await time.PassUntilAsync(() => answers.TrueForAll(static a => a.IsCompleted), TimeSpan.FromMilliseconds(50)).WaitAsync(Waiting.Long);

        Assert.All(await Task.WhenAll(answers), static a => Assert.Equal(ClientVerdict.Accepted, a.Verdict));
        await world.PassAsync(last);
    }

    /// <summary>All was accepted: what the shard could not take in time expired in the client's memory.</summary>
    [Fact]
    public async Task AClientThatPutsMoreThanAShardTakes_Waits_AndNothingExpires()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 1, static o => (o.RateLimit, o.RecordTtl) = (10, TimeSpan.FromSeconds(24))) { Time = time };
        await world.StartAsync();
        var client = NewClient(world, time);

        var putting = PutAsync();
        await world.PassAsync(putting);
        var outcomes = Task.WhenAll(await putting);
        await world.PassAsync(outcomes);

        Assert.All(await outcomes, static r => Assert.True(r.IsSuccess, r.ToString()));
        await world.PassAsync(client.DisposeAsync().AsTask());

        // Ten times what the shard takes, which is 20 a second.
        async Task<List<Task<RecordResult>>> PutAsync()
        {
            List<Task<RecordResult>> deliveries = [];
            for (var i = 0; i < 1_000; i++)
            {
                if (i % 10 == 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(50), time);
                deliveries.Add((await client.EnqueueAsync(NodeWorld.Stream, ForTheFullShard)).Delivery);
            }

            return deliveries;
        }
    }

    private static ClientPipeline NewClient(NodeWorld world, TimeProvider time) => new(
        new KplOptions { RecordTtl = TimeSpan.FromSeconds(24) }, new WorldLanes(world, Task.CompletedTask),
        new PipelineLog(NullLogger.Instance, time, logKeys: false), NullLogger.Instance, time, Guid.NewGuid);
}
