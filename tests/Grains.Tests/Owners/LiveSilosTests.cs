using Orleans.Kpl.Grains.Membership;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Tests.Owners;

public sealed class LiveSilosTests
{
    private readonly FakeOracle _oracle = new();
    private readonly LiveSilos _silos;
    private readonly List<SiloAddress> _lost = [];
    private int _changes;

    public LiveSilosTests()
    {
        _silos = new LiveSilos(_oracle);
        _silos.Changed += () => _changes++;
        _silos.Lost += _lost.Add;
        _oracle.Set(FakeOracle.Silo(1), SiloStatus.Active);
        _oracle.Set(FakeOracle.Silo(2), SiloStatus.Active);
        _silos.Start();
        _changes = 0;
    }

    [Fact]
    public void ASilo_OwnsFromActiveOnUntilItIsNot()
    {
        _oracle.Set(FakeOracle.Silo(3), SiloStatus.Joining);
        Assert.Equal((2, 0), (_silos.Owners.Count, _changes));
        _oracle.Set(FakeOracle.Silo(3), SiloStatus.Active);
        Assert.Equal((3, 1), (_silos.Owners.Count, _changes));
        _oracle.Set(FakeOracle.Silo(3), SiloStatus.ShuttingDown);
        Assert.Equal((2, 2), (_silos.Owners.Count, _changes));
        Assert.Empty(_lost);
    }

    [Fact]
    public void ASilo_ThatLeaves_OwnsNothingAndItsDeathIsNoLoss()
    {
        var before = _silos.LastLossAt;
        _silos.MarkLeaving(FakeOracle.Silo(2));
        _silos.MarkLeaving(FakeOracle.Silo(2));
        Assert.Equal([FakeOracle.Silo(1)], _silos.Owners);
        Assert.Equal(1, _changes);
        Assert.False(_silos.IsLost(FakeOracle.Silo(2)));
        _oracle.Set(FakeOracle.Silo(2), SiloStatus.Dead);

        Assert.Equal([FakeOracle.Silo(2)], _lost);
        Assert.True(_silos.IsLost(FakeOracle.Silo(2)));
        Assert.Equal(before, _silos.LastLossAt);
    }

    [Fact]
    public void ASilo_ThatDies_IsALoss()
    {
        var before = Environment.TickCount64;
        _oracle.Set(FakeOracle.Silo(2), SiloStatus.Dead);
        Assert.True(_silos.LastLossAt >= before);
        Assert.Equal([FakeOracle.Silo(2)], _lost);
        Assert.Equal(FakeOracle.Silo(1), _silos.OwnerOf("events/shardId-000000000000"));
    }

    [Fact]
    public void NotIn_NamesWhoLeavesOrIsGone_LatestStartFirst()
    {
        for (var silo = 3; silo <= 6; silo++)
            _oracle.Set(FakeOracle.Silo(silo), SiloStatus.Active);
        _oracle.Set(FakeOracle.Silo(3), SiloStatus.Dead);
        _silos.MarkLeaving(FakeOracle.Silo(4));
        _oracle.Set(FakeOracle.Silo(5), SiloStatus.ShuttingDown);
        _oracle.Set(FakeOracle.Silo(7), SiloStatus.Joining);
        Assert.Equal(
            [
                new MissingContributor { Process = FakeOracle.Silo(5).ToString(), State = MissingContributorState.Leaving },
                new MissingContributor { Process = FakeOracle.Silo(4).ToString(), State = MissingContributorState.Leaving },
                new MissingContributor { Process = FakeOracle.Silo(3).ToString(), State = MissingContributorState.Gone },
            ],
            _silos.NotIn(_silos.Owners.ToHashSet()));

        for (var silo = 10; silo < 200; silo++)
            _oracle.Set(FakeOracle.Silo(silo), SiloStatus.Dead);
        Assert.Equal(Enumerable.Range(100, 100).Reverse().Select(n => FakeOracle.Silo(n).ToString()), _silos.NotIn(_silos.Owners.ToHashSet())
            .Select(s => s.Process));
    }

    [Fact]
    public void OwnerOf_AmongSome_IsOneOfThem()
    {
        for (var shard = 0; shard < 100; shard++)
            Assert.Equal(FakeOracle.Silo(2), _silos.OwnerOf($"events/{shard}", [FakeOracle.Silo(2), FakeOracle.Silo(9)]));
        Assert.Null(_silos.OwnerOf("events/1", [FakeOracle.Silo(9)]));
    }
}
