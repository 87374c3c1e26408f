using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Silos.Tests.Owners;

/// <remarks>Tests <see cref="ShardHomes"/> and <see cref="StreamHomes"/>.</remarks>
public sealed class ShardHomesTests
{
    private const string Stream = "events";

    private readonly FakeMembership _membership = new();
    private readonly FakeTimeProvider _time = new();
    private readonly LiveSilos _silos;
    private readonly ShardHomes _homes;
    private ShardMap? _map = MapOf(4);

    public ShardHomesTests()
    {
        _silos = new LiveSilos(_membership, _time);
        _homes = new ShardHomes(_ => _map, _silos, _time);
        _membership.Set(FakeMembership.Silo(1), SiloStanding.Active);
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        _silos.Start();
    }

    [Fact]
    public void HomeOf_AShardOfTheMap_IsItsHome()
    {
        Assert.Equal([2, 2], Enumerable.Range(0, 4).Select(i => _homes.HomeOf(Shard(i))!).CountBy(static s => s).Select(static c => c.Value));
        for (var i = 0; i < 4; i++)
            Assert.Equal(FakeMembership.Silo(2), _homes.HomeOf(Shard(i), [FakeMembership.Silo(2)]));
    }

    [Fact]
    public void HomeOf_WithoutAMap_OrAShardThatItDoesNotShow_IsAsRendezvousSays()
    {
        Assert.Equal(_silos.OwnerOf(Shard(7).ToString()), _homes.HomeOf(Shard(7)));
        _map = null;
        for (var i = 0; i < 4; i++)
            Assert.Equal(_silos.OwnerOf(Shard(i).ToString()), _homes.HomeOf(Shard(i)));
        Assert.Null(_homes.Of(Stream));
        Assert.Equal(TimeSpan.Zero, _homes.UntilSettled(Stream));
    }

    [Fact]
    public void HomeOf_AShardThatWasSentAway_IsWhereItWasSent_WhileTheSilosAreTheSame()
    {
        var away = Enumerable.Range(0, 4).Select(Shard).First(s => FakeMembership.Silo(1).Equals(_homes.HomeOf(s)));
        _homes.Departed.Add(away, FakeMembership.Silo(2));
        Assert.Equal(FakeMembership.Silo(2), _homes.HomeOf(away));
        _silos.MarkLeaving(FakeMembership.Silo(2));
        Assert.Equal(FakeMembership.Silo(1), _homes.HomeOf(away));
    }

    [Fact]
    public void UntilSettled_CountsFromTheLastChangeOfTheShardsOrTheSilos()
    {
        Assert.Equal(ShardHomes.SettledAfter, _homes.UntilSettled(Stream));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        _map = MapOf(4);
        Assert.Equal(TimeSpan.FromSeconds(0.5), _homes.UntilSettled(Stream));
        _map = MapOf(5);
        Assert.Equal(ShardHomes.SettledAfter, _homes.UntilSettled(Stream));
        _time.Advance(ShardHomes.SettledAfter - TimeSpan.FromMilliseconds(0.3));
        Assert.Equal(TimeSpan.FromMilliseconds(1), _homes.UntilSettled(Stream));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.Zero, _homes.UntilSettled(Stream));
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Active);
        Assert.Equal(ShardHomes.SettledAfter, _homes.UntilSettled(Stream));
    }

    private static ShardMap MapOf(int shards) => ShardMaps.Of(1, [.. FakeKinesis.Even(shards, firstId: 0)]);

    private static ShardKey Shard(int number) => new(Stream, $"shardId-{number:D12}");
}
