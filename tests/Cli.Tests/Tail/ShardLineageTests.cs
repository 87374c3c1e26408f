using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Cli.Tail;

namespace Orleans.Kpl.Cli.Tests.Tail;

public sealed class ShardLineageTests
{
    [Fact]
    public void TakeReady_OverAnyFamily_GivesEachShardOnce_AfterItsParents()
    {
        // Shard i has up to two parents among the shards before it, or among unknown ones.
        var parents = Gen.Choose(-3, 12).ArrayOf(24);
        Prop.ForAll(parents.ToArbitrary(), picks =>
        {
            var family = Enumerable.Range(0, 12).ToDictionary(
                static i => $"{i:00}", i => new[] { picks[2 * i], picks[2 * i + 1] }.Where(p => p < i && p != -1).Select(static p => $"{p:00}").ToArray());
            var lineage = new ShardLineage();
            foreach (var (shard, its) in family.Reverse())
                lineage.Add(shard, its);

            List<string> order = [];
            for (var ready = lineage.TakeReady(); ready.Count > 0; ready = lineage.TakeReady())
            {
                order.AddRange(ready);
                foreach (var shard in ready)
                    lineage.Finish(shard);
            }

            return order.Count == 12 && order.Distinct().Count() == 12
                && family.All(pair => pair.Value.Where(family.ContainsKey).All(parent => order.IndexOf(parent) < order.IndexOf(pair.Key)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Add_OfAKnownShard_ChangesNothing()
    {
        var lineage = new ShardLineage();
        Assert.True(lineage.Add("1", []));
        Assert.Equal(["1"], lineage.TakeReady());
        Assert.False(lineage.Add("1", []));
        Assert.Empty(lineage.TakeReady());
        Assert.Equal(1, lineage.Count);
    }
}
