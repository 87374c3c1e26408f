using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>Events of Orleans streams become records of a Kinesis stream.</summary>
public sealed class BridgeTests
{
    private const string Memory = "memory";

    [Fact]
    public async Task Events_OfMemoryStreams_AreRecordsUnderTheirStreamsKey_AndABatchIsOneRecord()
    {
        await using var tier = await StartAsync();
        RequestContext.Set("tenant", "t-1");
        await tier.Producer(Memory, "user-1").OnNextAsync("alone");
        RequestContext.Clear();
        await tier.Producer(Memory, "user-2").OnNextBatchAsync(["one", 2, "three"]);
        await Waiting.UntilAsync(() => tier.Server.Kinesis.GetApplied(Tier.Stream).Count() == 2);

        var read = BridgedEvents.Read(tier).OrderBy(static r => r.Key).ToList();
        Assert.Equal(["user-1", "user-2"], read.Select(static r => r.Key));
        Assert.Equal(["alone"], read[0].Payload.Events);
        Assert.Equal("t-1", read[0].Payload.RequestContext!["tenant"]);
        Assert.Equal(["one", 2, "three"], read[1].Payload.Events);
        Assert.Null(read[1].Payload.RequestContext);
    }

    [Fact]
    public async Task OtherNamespaces_AndOtherProvidersOfTheSameNamespace_AreNotBridged()
    {
        await using var tier = await StartAsync(static silo => silo.AddMemoryStreams("other"));
        await tier.Producer("other", "user-1").OnNextAsync("of another provider");
        await tier.Producer(Memory, "user-1").OnNextAsync("bridged");
        await Waiting.UntilAsync(() => tier.Server.Kinesis.GetApplied(Tier.Stream).Any());
        await tier.Producer("other", "user-1").OnNextAsync("of another provider");
        await tier.Producer(Memory, "user-1").OnNextAsync("bridged too");
        await Waiting.UntilAsync(() => tier.Server.Kinesis.GetApplied(Tier.Stream).Count() >= 2);

        Assert.Equal(["bridged", "bridged too"], BridgedEvents.Read(tier).SelectMany(static r => r.Payload.Events));
    }

    [Fact]
    public async Task Events_WhileKinesisFails_AreNotAcknowledged_AndComeInOrderWhenItIsBack()
    {
        const int Each = 5;
        var queues = new KeptQueues();
        await using var tier = await Tier.StartAsync(
            silos: 1, configure: static o => o.RecordTtl = TimeSpan.FromMilliseconds(200), also: queues.Bridge);
        var fault = tier.Server.Kinesis.Faults.Add(new ErrorFault { Operation = "PutRecords" });
        for (var number = 0; number < Each; number++)
            queues.Append(BridgedEvents.Stream("user-1"), number);
        // Each attempt of the provider ends on the list of failures.
        await Waiting.UntilAsync(async () => (await tier.Manager.GetFailures()).Failures.Length >= 2);
        Assert.Equal(0, queues.Counts.Acknowledged);
        tier.Server.Kinesis.Faults.Remove(fault);
        await Waiting.UntilAsync(() => queues.Counts.Acknowledged == Each);

        BridgedEvents.AssertAllInOrder(tier, keys: 1, Each);
    }

    [Fact]
    public async Task ASiloDies_EveryEventIsThere_InTheOrderOfItsKey() => await LoseASiloAsync(keys: 40, each: 100);

    [Fact, Trait("Category", "Long")]
    public async Task ASiloDies_WithAHundredThousandEvents_EveryEventIsThere_InTheOrderOfItsKey() => await LoseASiloAsync(keys: 500, each: 200);

    private static async Task LoseASiloAsync(int keys, int each)
    {
        var queues = new KeptQueues();
        await using var tier = await Tier.StartAsync(silos: 2, shards: 8, also: queues.Bridge);
        for (var number = 0; number < each; number++)
        {
            for (var key = 0; key < keys; key++)
                queues.Append(BridgedEvents.Stream($"user-{key}"), number);
        }

        await Waiting.UntilAsync(() => queues.Counts.Acknowledged >= keys * each / 8);
        await tier.Cluster.KillSiloAsync(tier.Cluster.Silos[1]);
        Assert.True(queues.Counts.Acknowledged < keys * each, "the silo was lost too late");
        await Waiting.UntilAsync(() => queues.Counts.Acknowledged == keys * each);

        var again = BridgedEvents.AssertAllInOrder(tier, keys, each);
        TestContext.Current.TestOutputHelper!.WriteLine($"{again} of {keys * each} events came again");
    }

    private static Task<Tier> StartAsync(Action<ISiloBuilder>? also = null) => Tier.StartAsync(silos: 1, also: silo =>
    {
        silo.AddMemoryStreams(Memory).AddMemoryGrainStorage("PubSubStore").AddKplBridge(Memory, BridgedEvents.Namespace, Tier.Stream);
        also?.Invoke(silo);
    });
}
