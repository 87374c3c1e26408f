using Orleans.Kpl.Scaling.Heat;

namespace Orleans.Kpl.Scaling.Tests.Heat;

/// <summary>A boundary begins and ends where a reshard was, and nowhere else.</summary>
/// <remarks>Tests <see cref="HeatHistory"/>.</remarks>
public sealed class HeatBoundaryTests
{
    private readonly HeatWorld _world = new();

    /// <summary>Only shards with load had boundaries: of four, three began minutes late, and the line of an unused one never came.</summary>
    [Theory]
    [InlineData(true, "a b c d")]
    [InlineData(false, "a d")]
    public void Boundaries_OfShardsWithoutLoad_AreThere_WhereTheMapIsKnown(bool isKnown, string shards)
    {
        _world.IsMapKnown = isKnown;
        _world.Open("a", "b", "c", "d");
        _world.Run(3, minute =>
        {
            _world.Put(0, recordsPerSecond: 10, bytes: 1_024);
            if (minute == 0)
                _world.Put(UInt128.MaxValue, recordsPerSecond: 10, bytes: 1_024);
        });
        Assert.Equal([shards, shards, shards], Boundaries());
    }

    /// <summary>A stream without load is looked at every eight minutes: seven of them had no boundaries.</summary>
    [Fact]
    public void Boundaries_BetweenTwoLooks_AreThoseOfBoth()
    {
        _world.Open("a", "b");
        _world.Run(1, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        for (var look = 0; look < 3; look++)
        {
            _world.Pass(8 * 60, static () => { });
            _world.Look();
        }

        Assert.Equal(Enumerable.Repeat("a b", 25), Boundaries());
        Assert.Single(_world.Picture().Shards);
    }

    /// <summary>Where this producer has closed the stream, because it was idle, nobody tells of its shards.</summary>
    [Fact]
    public void Boundaries_WhileNobodyTellsOfShards_GoOn()
    {
        _world.Open("a", "b");
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Open();
        _world.Run(2, static _ => { });
        Assert.Equal(Enumerable.Repeat("a b", 4), Boundaries());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Boundaries_OfAReshardBetweenTwoLooks_BeginWithTheFirstRecordOfANewShard(bool isKnown)
    {
        _world.IsMapKnown = isKnown;
        _world.Open("a");
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Pass(3 * 60, static () => { });
        _world.Open("b", "c");
        _world.Pass(3 * 60, () => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Look();
        Assert.Equal((string[])["a", "a", "a", "a", "a", "b c", "b c", "b c"], Boundaries());
    }

    /// <summary>The boundary was drawn a minute before the reshard, whose new shards were seen by the look after that minute.</summary>
    [Fact]
    public void Boundaries_OfAReshardAfterTheMinute_AreNotInIt()
    {
        _world.Open("a");
        _world.Run(2, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Pass(61, () => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Open("b", "c");
        _world.Pass(2, () => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        _world.Look();
        _world.Run(1, _ => _world.PutEvenly(recordsPerSecond: 10, bytes: 1_024));
        Assert.Equal((string[])["a", "a", "a", "b c"], Boundaries());
    }

    private string[] Boundaries()
    {
        var picture = _world.Picture();
        return [.. picture.Columns.Select(c => c.Shards is { } at ? string.Join(" ", picture.Shards[at].Select(static s => s.ShardId)) : "")];
    }
}
