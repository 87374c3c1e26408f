using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Grains.Bridging;
using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Silos.Links;
using Orleans.Providers.Streams.Common;
using Orleans.Serialization;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>A record that is tried again is not overtaken by those behind it.</summary>
public sealed class BridgedStreamTests
{
    private const int Each = 32;

    private static readonly RecordErrorFault EachOther = new() { Operation = "PutRecords", Probability = 0.5 };

    /// <summary>A provider that gives up a call delivers again, while the call may still be under way.</summary>
    [Fact]
    public async Task Calls_AtOnce_WhileRecordsFail_TakeTurns()
    {
        await using var tier = await Tier.StartAsync(silos: 1, also: static silo => silo.AddStreaming());
        var stream = New(tier);
        tier.Server.Kinesis.Faults.Add(EachOther);
        await Task.WhenAll(Enumerable.Range(0, Each).Select(n => stream.OnNextAsync([new SequentialItem<object>(n, new EventSequenceTokenV2(n))])))
            .WaitAsync(Tier.Long);

        Assert.Equal(Enumerable.Range(0, Each), BridgedEvents.Read(tier).SelectMany(static r => r.Payload.Events).Cast<int>());
    }

    [Fact]
    public async Task Batches_OfOneCall_WhileRecordsFail_AreARecordEach_InTheirOrder()
    {
        var queues = new KeptQueues(batchesAtOnce: 8);
        await using var tier = await Tier.StartAsync(silos: 1, also: queues.Bridge);
        tier.Server.Kinesis.Faults.Add(EachOther);
        for (var number = 0; number < Each; number++)
            queues.Append(BridgedEvents.Stream("user-1"), number);
        await Waiting.UntilAsync(() => queues.Counts.Acknowledged == Each);

        Assert.Equal(Enumerable.Range(0, Each), BridgedEvents.Read(tier).Select(static r => (int)Assert.Single(r.Payload.Events)));
    }

    private static BridgedStream New(Tier tier)
    {
        var (node, services) = (tier.Node(0), tier.Cluster.Silos[0].ServiceProvider);
        var bridge = new StreamBridge("kept", BridgedEvents.Namespace, Tier.Stream);
        var hopeless = new HopelessEvents(
            bridge, node.Names, services.GetRequiredService<IStreamManagers>(), static () => "silo", TimeProvider.System, NullLogger.Instance);
        return new BridgedStream(
            bridge, BridgedEvents.Stream("user-1"), node.Producer, hopeless, services.GetRequiredService<Serializer<EventPayload>>(),
            services.GetRequiredService<DeepCopier>(), NullLogger.Instance);
    }
}
