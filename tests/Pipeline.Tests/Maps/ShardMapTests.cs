using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Tests.Maps;

public class ShardMapTests
{
    // KPL's own test layout: shard_map_test.cc.
    private static readonly ShardRange Shard1 =
        Range(1, "170141183460469231731687303715884105728", "340282366920938463463374607431768211455");
    private static readonly ShardRange Shard2 = Range(2, "0", "85070591730234615865843651857942052862");
    private static readonly ShardRange Shard3 =
        Range(3, "85070591730234615865843651857942052863", "170141183460469231731687303715884105727");

    [Theory]
    [InlineData("0", 2)]
    [InlineData("1", 2)]
    [InlineData("85070591730234615865843651857942052861", 2)]
    [InlineData("85070591730234615865843651857942052862", 2)]
    [InlineData("85070591730234615865843651857942052863", 3)]
    [InlineData("170141183460469231731687303715884105727", 3)]
    [InlineData("170141183460469231731687303715884105728", 1)]
    [InlineData("340282366920938463463374607431768211455", 1)]
    public void Find_AtTheEdgesOfKplsThreeShards_IsTheOwner(string hashKey, int shard)
    {
        var map = Map(Shard1, Shard2, Shard3);

        Assert.Equal(shard, NumberAt(map, Parse(hashKey)));
    }

    [Fact]
    public void Shards_WhenListedInAnyOrder_AreInOrderOfRange()
    {
        var map = Map(Shard1, Shard2, Shard3);

        Assert.Equal(3, map.Count);
        Assert.Equal([Shard2, Shard3, Shard1], [map[0], map[1], map[2]]);
        Assert.Equal(2, map.IndexOf("shardId-000000000001"));
        Assert.Equal(ShardMap.None, map.IndexOf("shardId-000000000004"));
        Assert.Equal(7, map.Version);
    }

    [Fact]
    public void Find_WhenNothingIsListed_IsNone()
    {
        var map = Map();

        Assert.Equal(0, map.Count);
        Assert.Equal(ShardMap.None, map.Find(0));
        Assert.Equal(ShardMap.None, map.Find(UInt128.MaxValue));
    }

    [Fact]
    public void Find_WhenAMergedChildIsListedWithItsParents_IsTheChild()
    {
        var merged = Range(1_000_000_000_000, Shard2.StartingHashKey, Shard3.EndingHashKey);

        var map = Map(Shard1, Shard2, Shard3, merged);

        Assert.Equal(merged, map[map.Find(0)]);
        Assert.Equal(merged, map[map.Find(Shard3.EndingHashKey)]);
        Assert.Equal(1, NumberAt(map, Shard1.StartingHashKey));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(5_000)]
    public void Find_WhenShardsAreEven_IsTheOwnerAtEveryEdge(int count)
    {
        var size = UInt128.MaxValue / (uint)count;
        var shards = Enumerable.Range(0, count)
            .Select(i => Range(i, size * (uint)i, i == count - 1 ? UInt128.MaxValue : size * (uint)(i + 1) - 1))
            .ToArray();
        var map = Map(shards);

        var edges = shards.SelectMany(shard => new[] { shard.StartingHashKey, shard.EndingHashKey }).ToArray();
        var found = new int[edges.Length];
        map.Find(edges, found);

        Assert.Equal(Enumerable.Range(0, count * 2).Select(i => i / 2), found);
        Assert.Equal(found, edges.Select(map.Find));
    }

    [Fact]
    public void Find_WhenShardsAreRandom_AgreesWithAWalkOverAll() => Prop.ForAll(Layouts, layout =>
    {
        var map = Map(layout);
        var probes = layout
            .SelectMany(shard => new[] { shard.StartingHashKey, shard.EndingHashKey, shard.StartingHashKey - 1, shard.EndingHashKey + 1 })
            .Append(UInt128.Zero)
            .Append(UInt128.MaxValue)
            .ToArray();
        var found = new int[probes.Length];
        map.Find(probes, found);
        for (var i = 0; i < probes.Length; i++)
        {
            var owner = layout.Where(shard => shard.Contains(probes[i])).MaxBy(shard => shard.ShardId, StringComparer.Ordinal);
            Assert.Equal(owner, found[i] == ShardMap.None ? null : map[found[i]]);
            Assert.Equal(found[i], map.Find(probes[i]));
        }
    }).QuickCheckThrowOnFailure();

    // Any ranges at all: overlapping, with holes, crowded into few top bits.
    private static Arbitrary<ShardRange[]> Layouts
    {
        get
        {
            var upper = Gen.OneOf(
                Gen.Choose(0, int.MaxValue).Select(i => (ulong)i << 33),
                Gen.Choose(0, 20).Select(i => (ulong)i),
                Gen.Choose(0, 20).Select(i => ulong.MaxValue - (ulong)i));
            var hash = upper.SelectMany(high => Gen.Elements(0UL, 1UL, ulong.MaxValue), (high, low) => new UInt128(high, low));
            var ends = hash.SelectMany(_ => hash, (first, second) => (Low: UInt128.Min(first, second), High: UInt128.Max(first, second)));
            return Arb.From(Gen.ListOf(ends).Select(list => list.Select((end, i) => Range(i, end.Low, end.High)).ToArray()));
        }
    }

    private static ShardMap Map(params ShardRange[] shards) => ShardMaps.Of(7, shards);

    private static int NumberAt(ShardMap map, UInt128 hashKey) =>
        int.Parse(map[map.Find(hashKey)].ShardId.AsSpan("shardId-".Length), CultureInfo.InvariantCulture);

    private static ShardRange Range(long number, string start, string end) => Range(number, Parse(start), Parse(end));

    private static ShardRange Range(long number, UInt128 start, UInt128 end) => new($"shardId-{number:D12}", start, end);

    private static UInt128 Parse(string text) => UInt128.Parse(text, CultureInfo.InvariantCulture);
}
