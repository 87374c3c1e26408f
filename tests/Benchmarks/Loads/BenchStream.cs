using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Streams whose shards divide the hash keys evenly. How many there are stands at the end of the name: <c>bench-64</c>.</summary>
internal static class BenchStream
{
    /// <summary>The first shard of any of them.</summary>
    public const string FirstShard = "shardId-000000000000";

    public static string Of(int shards) => $"bench-{shards}";

    public static int ShardsOf(string stream) => int.Parse(stream.AsSpan(stream.LastIndexOf('-') + 1));

    public static string IdOf(int shard) => $"shardId-{shard:D12}";

    /// <summary>The shard of a hash key, by arithmetic of its own.</summary>
    public static int ShardOf(UInt128 hashKey, int shards) => (int)UInt128.Min(hashKey / (UInt128.MaxValue / (uint)shards), (uint)shards - 1);

    public static ShardMap MapOf(string stream)
    {
        var count = ShardsOf(stream);
        var size = UInt128.MaxValue / (uint)count;
        return ShardMaps.Of(1, [.. Enumerable.Range(0, count).Select(i => new ShardRange(
            IdOf(i), size * (uint)i, i == count - 1 ? UInt128.MaxValue : size * (uint)(i + 1) - 1))]);
    }
}
