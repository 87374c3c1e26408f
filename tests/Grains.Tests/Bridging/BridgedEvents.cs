using Orleans.Kpl.Grains.Bridging;
using Orleans.Serialization;
using Orleans.Streams;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>The records of a bridged stream, read as Orleans' own provider reads them: each is whole, and none is an aggregate.</summary>
internal static class BridgedEvents
{
    public const string Namespace = "orders";

    public static StreamId Stream(string key) => StreamId.Create(Namespace, key);

    public static IAsyncStream<object> Producer(this Tier tier, string provider, string key) =>
        tier.Cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IStreamProvider>(provider).GetStream<object>(Stream(key));

    public static List<(string Key, EventPayload Payload)> Read(Tier tier)
    {
        var serializer = tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<Serializer<EventPayload>>();
        return [.. tier.Server.Kinesis.GetApplied(Tier.Stream).Select(record =>
        {
            Assert.Null(StoredMember.Read(record.Data));
            var payload = serializer.Deserialize(record.Data)!;
            Assert.Equal(record.PartitionKey, payload.StreamId.GetKeyAsString());
            Assert.Equal(Namespace, payload.StreamId.GetNamespace());
            return (record.PartitionKey, payload);
        })];
    }

    /// <summary>Every key has the numbers from 0 on, each for the first time behind those before it. Some may come again: returns how many.</summary>
    public static int AssertAllInOrder(Tier tier, int keys, int each)
    {
        var byKey = Read(tier).ToLookup(static r => r.Key, static r => r.Payload.Events);
        Assert.Equal(keys, byKey.Count);
        foreach (var key in byKey)
            Assert.Equal(Enumerable.Range(0, each), key.SelectMany(static e => e).Cast<int>().Distinct());
        return byKey.Sum(static key => key.Sum(static events => events.Count)) - keys * each;
    }
}
