using System.Collections;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Maps.Following;

namespace Orleans.Kpl.Pipeline.Tests.Maps.Following;

/// <summary>Thousands of shards that are split at once cost a search each, not a walk through all others.</summary>
public class ManyShardsTests
{
    private const int Shards = 1_000;

    [Fact]
    public void Compare_OfAListingWhereEachShardWasSplit_ReadsTheListingAFewTimes()
    {
        using var parts = new StreamParts();
        parts.Topology.Apply(FakeKinesis.Even(Shards, firstId: 0), keepEngines: false, out _);
        var listing = new CountedListing(FakeKinesis.Even(2 * Shards, firstId: Shards));

        Assert.Equal(ShardMapChange.SameStream, parts.Topology.Compare(listing));
        Assert.InRange(listing.Reads, 1, 10 * listing.Count);
    }

    [Fact]
    public void Apply_OfTheShardsInForce_KeepsEnginesAndTables()
    {
        using var parts = new StreamParts();
        parts.Topology.Apply(FakeKinesis.Even(Shards, firstId: 0), keepEngines: false, out var first);
        parts.Topology.Announce([UInt128.One], until: long.MaxValue);
        List<ShardRange> again = [.. FakeKinesis.Even(Shards, firstId: 0).Reverse()];
        parts.Topology.Apply(again, keepEngines: true, out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var retired = parts.Topology.Apply(again, keepEngines: true, out var routes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Empty(retired);
        Assert.Equal(first.Map.Version + 2, routes.Map.Version);
        Assert.Equal(first.Engines.ToArray(), routes.Engines.ToArray());
        Assert.Same(parts.Topology.Current, routes);
        Assert.True(parts.Topology.Boundaries.Within(new ShardRange("", 0, 2)).Same(new Boundaries([UInt128.One])));
        // The tables of a thousand shards are some 400 KB.
        Assert.InRange(allocated, 0, 40_000);
    }

    [Fact]
    public void OwnersIn_AnyRange_FindsWhatAWalkFinds() => Check.QuickThrowOnFailure(Prop.ForAll(Lists(), Range(), static (list, shard) =>
    {
        var map = ShardMaps.Of(0, list);
        var walked = new HashSet<ShardRange>();
        for (var hashKey = shard.StartingHashKey; hashKey <= shard.EndingHashKey; hashKey++)
        {
            if (map.Find(hashKey) is var index && index != ShardMap.None)
                walked.Add(map[index]);
        }

        return walked.SetEquals(map.OwnersIn(shard));
    }));

    /// <summary>Each shard was compared with all others: 0.4 s for each reading of ten thousand shards while some were split.</summary>
    [Fact]
    public void FindShared_OfAnyShards_FindsWhatAWalkFinds() => Check.QuickThrowOnFailure(Prop.ForAll(Lists(), static list =>
    {
        var map = ShardMaps.Of(0, list);
        var shards = map.Listed.Shards;
        var walked =
            from s in shards
            select shards.Any(o => !ReferenceEquals(o, s) && o.StartingHashKey <= s.EndingHashKey && o.EndingHashKey >= s.StartingHashKey);
        return map.FindShared().SequenceEqual(walked);
    }));

    [Fact]
    public void Within_OfAnyShard_FindsWhatAWalkFinds() => Check.QuickThrowOnFailure(Prop.ForAll(Lists(), Range(), static (list, shard) =>
    {
        var starts = list.Select(static s => s.StartingHashKey).ToList();
        var walked = starts.Where(s => s > shard.StartingHashKey && s <= shard.EndingHashKey);
        return new Boundaries(starts).Within(shard).Same(new Boundaries(walked));
    }));

    private static Arbitrary<ShardRange> Range() => Ranges().ToArbitrary();

    private static Arbitrary<ShardRange[]> Lists() => Gen.ArrayOf(Ranges()).ToArbitrary();

    private static Gen<ShardRange> Ranges() =>
        from first in Gen.Choose(0, 40)
        from width in Gen.Choose(0, 15)
        from id in Gen.Choose(0, 10_000)
        select new ShardRange($"shardId-{id:D12}", (UInt128)first, (UInt128)(first + width));

    /// <summary>Counts how often a shard of it is read.</summary>
    private sealed class CountedListing(IReadOnlyList<ShardRange> shards) : IReadOnlyList<ShardRange>
    {
        public int Reads { get; private set; }

        public int Count => shards.Count;

        public ShardRange this[int index]
        {
            get
            {
                Reads++;
                return shards[index];
            }
        }

        public IEnumerator<ShardRange> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
                yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
