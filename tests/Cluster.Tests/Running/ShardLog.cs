using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>What a silo's log tells of its shards.</summary>
internal static class ShardLog
{
    /// <summary>Makes it tell.</summary>
    public const string Setting = "--Logging:LogLevel:Orleans.Kpl.Silos.Shards=Debug";

    /// <summary>The silos have served each of their shards once, and serve it still.</summary>
    public static async Task AssertStayedAsync(ILookup<string, string> owned, IEnumerable<SiloProcess> silos)
    {
        foreach (var silo in silos)
        {
            foreach (var shard in owned[silo.Silo.ToString()])
                await AssertStayedAsync(silo, ShardKey.Parse(shard));
        }
    }

    private static async Task AssertStayedAsync(SiloProcess silo, ShardKey shard)
    {
        // Lines are written, and read here, some time after what they tell of.
        await silo.LogAsync($"{shard.Stream} {shard.ShardId} is served here").WaitAsync(Waiting.Long);
        var lines = silo.Log.ToString().Split('\n').Where(l => l.Contains($"{shard.Stream} {shard.ShardId} is served here", StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count == 1, $"{shard} on {silo.Silo}: {string.Join('\n', lines)}");
    }
}
