using Orleans.Kpl.Silos.Naming;

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

    /// <summary>Counts the shards that the silos served and serve no more.</summary>
    public static async Task<int> CountMovedAsync(ILookup<string, string> owned, IEnumerable<SiloProcess> silos)
    {
        var moved = 0;
        foreach (var silo in silos)
        {
            foreach (var shard in owned[silo.Silo.ToString()].Select(ShardKey.Parse))
            {
                await silo.LogAsync($"{shard.Stream} {shard.ShardId} is served here").WaitAsync(Waiting.Long);
                moved += silo.Log.ToString().Contains($"{shard.Stream} {shard.ShardId} is served here no more", StringComparison.Ordinal) ? 1 : 0;
            }
        }

        return moved;
    }

    private static async Task AssertStayedAsync(SiloProcess silo, ShardKey shard)
    {
        // Lines are written, and read here, some time after what they tell of.
        await silo.LogAsync($"{shard.Stream} {shard.ShardId} is served here").WaitAsync(Waiting.Long);
        var lines = silo.Log.ToString().Split('\n').Where(l => l.Contains($"{shard.Stream} {shard.ShardId} is served here", StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count == 1, $"{shard} on {silo.Silo}: {string.Join('\n', lines)}");
    }
}
