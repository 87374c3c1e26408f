using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Running;

/// <summary>What a silo's log tells of its shards.</summary>
internal static class ShardLog
{
    /// <summary>Makes it tell.</summary>
    public const string Setting = "--Logging:LogLevel:Orleans.Kpl.Grains.Shards=Debug";

    /// <summary>The silo has served the shard once, and serves it still.</summary>
    public static void AssertStayed(SiloProcess silo, ShardKey shard)
    {
        var lines = silo.Log.ToString().Split('\n').Where(l => l.Contains($"{shard.Stream} {shard.ShardId} is served here", StringComparison.Ordinal)).ToList();
        Assert.True(lines.Count == 1, $"{shard} on {silo.Silo}: {string.Join('\n', lines)}");
    }
}
