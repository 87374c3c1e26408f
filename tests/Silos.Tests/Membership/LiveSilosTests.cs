namespace Orleans.Kpl.Silos.Tests.Membership;

public sealed class LiveSilosTests
{
    private readonly FakeMembership _membership = new();
    private readonly FakeTimeProvider _time = new();
    private readonly LiveSilos _silos;
    private readonly List<SiloId> _lost = [];
    private int _changes;

    public LiveSilosTests()
    {
        _silos = new LiveSilos(_membership, _time);
        _silos.Changed += () => _changes++;
        _silos.Lost += _lost.Add;
        _membership.Set(FakeMembership.Silo(1), SiloStanding.Active);
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Active);
        _silos.Start();
        _changes = 0;
    }

    /// <summary>Clients name silos: each name that one made up was kept for ever.</summary>
    [Fact]
    public void SilosThatAreMadeUp_AreNotAllRemembered()
    {
        for (var i = 0; i < LiveSilos.MostUnknown; i++)
            Assert.False(_silos.IsLost(FakeMembership.Silo(100 + i)));
        Assert.False(_silos.IsLost(FakeMembership.Silo(50)));
        _time.Advance(TimeSpan.FromMinutes(3));
        // There was no room for it: it was not known since when it was asked about. Those before it make room now.
        Assert.True(_silos.IsLost(FakeMembership.Silo(100)));
        Assert.False(_silos.IsLost(FakeMembership.Silo(50)));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(_silos.IsLost(FakeMembership.Silo(50)));
    }

    [Fact]
    public void ASilo_OwnsFromActiveOnUntilItIsNot()
    {
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Starting);
        Assert.Equal((2, 0), (_silos.Owners.Count, _changes));
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Active);
        Assert.Equal((3, 1), (_silos.Owners.Count, _changes));
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Stopping);
        Assert.Equal((2, 2), (_silos.Owners.Count, _changes));
        Assert.Empty(_lost);
    }

    [Fact]
    public void ASilo_ThatLeaves_OwnsNothingAndItsDeathIsNoLoss()
    {
        var before = _silos.LastLossAt;
        _silos.MarkLeaving(FakeMembership.Silo(2));
        _silos.MarkLeaving(FakeMembership.Silo(2));
        Assert.Equal([FakeMembership.Silo(1)], _silos.Owners);
        Assert.Equal(1, _changes);
        Assert.False(_silos.IsLost(FakeMembership.Silo(2)));
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);

        Assert.Equal([FakeMembership.Silo(2)], _lost);
        Assert.True(_silos.IsLost(FakeMembership.Silo(2)));
        Assert.Equal(before, _silos.LastLossAt);
        Assert.Empty(_silos.Losses);
    }

    /// <summary>A silo that was killed once vanished from the dashboard without a word.</summary>
    [Fact]
    public void ASilo_ThatDies_IsALoss_ThatIsToldForAnHour()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_silos.LastLossAt);
        var at = _time.GetUtcNow();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
        Assert.Equal(_time.GetTimestamp(), _silos.LastLossAt);
        Assert.Equal([FakeMembership.Silo(2)], _lost);
        Assert.Equal(FakeMembership.Silo(1), _silos.OwnerOf("events/shardId-000000000000"));
        Assert.Equal((FakeMembership.Silo(2), at), Assert.Single(_silos.Losses));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_silos.Losses);
    }

    [Fact]
    public void Losses_TellOfNoSiloThatWasGoneBefore()
    {
        _membership.Set(FakeMembership.Silo(9), SiloStanding.Dead);
        Assert.Empty(_silos.Losses);
    }

    /// <summary>It started later than this one, so that its generation does not tell.</summary>
    [Fact]
    public void IsLost_OfADeadSiloThatMembershipHasForgotten_StaysSo()
    {
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
        _membership.Forget(FakeMembership.Silo(2));
        Assert.True(_silos.IsLost(FakeMembership.Silo(2)));
    }

    /// <summary>A log may name a silo that came and went while this one was cut off, or whose clock was ahead.</summary>
    [Fact]
    public void IsLost_OfASiloThatStaysUnknown_IsSoAfterAWhile()
    {
        var (unknown, late) = (FakeMembership.Silo(7), FakeMembership.Silo(8));
        Assert.False(_silos.IsLost(unknown));
        Assert.False(_silos.IsLost(late));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(_silos.IsLost(unknown));
        _membership.Set(late, SiloStanding.Active);
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.True(_silos.IsLost(unknown));
        Assert.False(_silos.IsLost(late));
    }

    /// <summary>One that is new, and whose clock is behind, was taken for lost by a gateway that did not know it yet.</summary>
    [Fact]
    public void IsLost_OfASiloFromBeforeThisOnesTime_IsSoAtOnce_ByMoreThanClocksDiffer()
    {
        var silos = new LiveSilos(new FakeMembership(self: 105), _time);
        Assert.True(silos.IsLost(FakeMembership.Silo(74)));
        Assert.False(silos.IsLost(FakeMembership.Silo(76)));
        Assert.False(silos.IsLost(FakeMembership.Silo(106)));
        Assert.True(silos.IsLost(FakeMembership.Silo(104), clocksDiffer: 0));
    }

    [Fact]
    public void IsLost_OfASiloWhoseAddressAnotherOneHasByNow_IsSoAtOnce()
    {
        var (port, generation) = (FakeMembership.Silo(2).Port, FakeMembership.Silo(2).Generation);
        Assert.False(_silos.IsLost(new SiloId(System.Net.IPAddress.Loopback, port, generation + 1)));
        Assert.True(_silos.IsLost(new SiloId(System.Net.IPAddress.Loopback, port, generation - 1)));
    }

    [Fact]
    public void NotIn_NamesWhoLeavesOrIsGone_LatestStartFirst()
    {
        for (var silo = 3; silo <= 6; silo++)
            _membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        _membership.Set(FakeMembership.Silo(3), SiloStanding.Dead);
        _silos.MarkLeaving(FakeMembership.Silo(4));
        _membership.Set(FakeMembership.Silo(5), SiloStanding.Stopping);
        _membership.Set(FakeMembership.Silo(7), SiloStanding.Starting);
        Assert.Equal(
            [
                new MissingContributor { Process = FakeMembership.Silo(5).ToString(), State = MissingContributorState.Leaving },
                new MissingContributor { Process = FakeMembership.Silo(4).ToString(), State = MissingContributorState.Leaving },
                new MissingContributor { Process = FakeMembership.Silo(3).ToString(), State = MissingContributorState.Gone },
            ],
            _silos.NotIn(_silos.Owners.ToHashSet(), []));

        for (var silo = 10; silo < 200; silo++)
            _membership.Set(FakeMembership.Silo(silo), SiloStanding.Dead);
        Assert.Equal(Enumerable.Range(100, 100).Reverse().Select(n => FakeMembership.Silo(n).ToString()), _silos.NotIn(_silos.Owners.ToHashSet(), [])
            .Select(s => s.Process));
    }

    [Fact]
    public void OwnerOf_AmongSome_IsOneOfThem()
    {
        for (var shard = 0; shard < 100; shard++)
            Assert.Equal(FakeMembership.Silo(2), _silos.OwnerOf($"events/{shard}", [FakeMembership.Silo(2), FakeMembership.Silo(9)]));
        Assert.Null(_silos.OwnerOf("events/1", [FakeMembership.Silo(9)]));
    }
}
