namespace Orleans.Kpl.Scaling.Tests.Planning;

public sealed class LoadProfileTests
{
    [Fact]
    public void Even_GivesEachKeyTheSame()
    {
        Assert.Equal(0.25, LoadProfile.Even.Below(Topologies.Key(64)), 12);
        Assert.Equal(1, LoadProfile.Even.Weight(0, UInt128.MaxValue), 12);
        Assert.Equal(Topologies.Key(64), LoadProfile.Even.KeyAt(0.25));
    }

    [Fact]
    public void From_AReportWithAHeavyKey_PutsItsWeightOnThatKeyAlone()
    {
        var shard = new ShardRange("s", 0, UInt128.MaxValue);
        var key = Topologies.Key(200);
        var profile = LoadProfile.From([Topologies.Load(shard, [2, 8], new HotKey(key, 0.6, null))]);
        Assert.Equal(0.6, profile.Weight(key, key), 9);
        Assert.Equal(0.2, profile.Weight(0, Topologies.Key(128) - 1), 9);
        Assert.Equal(0.2, profile.Weight(Topologies.Key(128), UInt128.MaxValue) - 0.6, 9);
    }

    [Fact]
    public void From_AHeavyKeyAtEitherEnd_LosesNothing()
    {
        var shard = new ShardRange("s", 0, UInt128.MaxValue);
        foreach (var key in (UInt128[])[0, UInt128.MaxValue])
        {
            var profile = LoadProfile.From([Topologies.Load(shard, [1, 1, 1, 1], new HotKey(key, 0.2, null))]);
            Assert.Equal(0.2, profile.Weight(key, key), 9);
            Assert.Equal(1, profile.Weight(0, UInt128.MaxValue), 9);
        }
    }

    [Fact]
    public void From_OneBucketOverAllHashKeys_KeepsItsHeavyKeys()
    {
        var profile = LoadProfile.From(
            [Topologies.Load(Topologies.Even(1)[0], [10], new HotKey(Topologies.Key(3), 0.25, null), new HotKey(Topologies.Key(9), 0.75, null))]);
        Assert.Equal(0.25, profile.Below(Topologies.Key(9)), 9);
        Assert.Equal(1, profile.Below(Topologies.Key(10)), 9);
    }

    [Fact]
    public void From_AShardOfThreeKeys_GivesEachItsShare()
    {
        var shard = new ShardRange("s", 7, 9);
        var load = new ShardLoad(shard, LoadSettings.Default, 0);
        for (var i = 0; i < 90; i++)
            load.OnSample((UInt128)(7 + (i % 3)), default, 1, 0);
        var profile = LoadProfile.From([load.Report(0)]);
        Assert.Equal([1.0 / 3, 1.0 / 3, 1.0 / 3], new UInt128[] { 7, 8, 9 }.Select(k => Math.Round(profile.Weight(k, k), 9))
            .Select(w => Math.Abs(w - (1.0 / 3)) < 1e-6 ? 1.0 / 3 : w));
    }

    [Fact]
    public void From_ReportsOfSomeShards_GivesTheOthersNothing()
    {
        var shards = Topologies.Even(4);
        var profile = LoadProfile.From([Topologies.Load(shards[2], [3]), Topologies.Load(shards[1], [1])]);
        Assert.Equal([0, 0.25, 0.75, 0], shards.Select(s => Math.Round(profile.Weight(s.StartingHashKey, s.EndingHashKey), 9)));
    }

    [Fact]
    public void From_NothingObserved_IsEven() =>
        Assert.Equal(0.5, LoadProfile.From([Topologies.Load(Topologies.Even(2)[0], [0, 0])]).Below(Topologies.Key(128)), 9);
}
