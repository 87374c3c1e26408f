using System.Collections.Concurrent;
using System.Text;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>N shards that divide the hash keys evenly. The number stands at the end of the stream's name: <c>bench-64</c>.</summary>
internal sealed class ShardRanges
{
    private static readonly ConcurrentDictionary<string, ShardRanges> Known = new();

    private readonly string[] _texts;
    private readonly byte[][] _ids;

    private ShardRanges(int count)
    {
        _texts = [.. Enumerable.Range(0, count).Select(Id)];
        _ids = [.. _texts.Select(Encoding.ASCII.GetBytes)];
    }

    public int Count => _ids.Length;

    public static ShardRanges OfStream(string stream) =>
        Known.GetOrAdd(stream, static s => new ShardRanges(int.Parse(s.AsSpan(s.LastIndexOf('-') + 1))));

    public static string StreamOf(int shards) => $"bench-{shards}";

    /// <summary>Characters of every shard id.</summary>
    public const int IdLength = 20;

    public static string Id(int shard) => $"shardId-{shard:D12}";

    public string IdText(int shard) => _texts[shard];

    public ReadOnlySpan<byte> IdBytes(int shard) => _ids[shard];

    public int Find(UInt128 hashKey) => (int)Math.BigMul((ulong)(hashKey >> 64), (ulong)_ids.Length, out _);

    /// <summary>The lowest hash key that <see cref="Find"/> puts into the shard.</summary>
    public UInt128 Start(int shard) => (((UInt128)shard << 64) + (ulong)(_ids.Length - 1)) / (ulong)_ids.Length << 64;

    public UInt128 End(int shard) => shard == _ids.Length - 1 ? UInt128.MaxValue : Start(shard + 1) - 1;
}
