using Orleans.Kpl.Simulation.Clockwork;
using Orleans.Kpl.Simulation.Judging;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>The judge of ownership.</summary>
public sealed class FormerOwnersTests
{
    private readonly World _world = new(1);
    private readonly HistoryCounts _counts = new();
    private readonly FormerOwners _judge;
    private string? _owner = "s0.0";

    public FormerOwnersTests() => _judge = new FormerOwners(_world, _ => _owner, _counts);

    [Fact]
    public void Request_OfAFormerOwnerThatBeganAfterTheNextOnesFirst_IsAViolation()
    {
        Pass("s0.0", begunAt: 0);
        _owner = "s1.0";
        Pass("s1.0", begunAt: 1);
        Pass("s0.0", begunAt: 3);

        Assert.Contains("s0.0 sent for shard", Assert.Single(_world.Violations), StringComparison.Ordinal);
    }

    /// <summary>It was under way, and is counted; or the next owner has sent nothing yet.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Request_OfAFormerOwner_ThatWasUnderWayOrComesBeforeTheNextOnes_IsAllowed(bool hasNextSent)
    {
        Pass("s0.0", begunAt: 0);
        _owner = "s1.0";
        if (hasNextSent)
            Pass("s1.0", begunAt: 1);
        Pass("s0.0", begunAt: hasNextSent ? 0 : 1);

        Assert.Empty(_world.Violations);
        Assert.Equal(hasNextSent ? 1 : 0, _counts.LateRequests);
    }

    [Fact]
    public void Request_OfAnOwnerThatHasTheShardAgain_IsAllowed()
    {
        Pass("s0.0", begunAt: 0);
        _owner = "s1.0";
        Pass("s1.0", begunAt: 1);
        _owner = "s0.0";
        Pass("s0.0", begunAt: 2);
        Pass("s0.0", begunAt: 3);

        Assert.Empty(_world.Violations);
    }

    /// <summary>Seed 1109: the owner in between had a call that was carried out late, begun after the other one's first stay.</summary>
    [Fact]
    public void Request_OfAnOwnerInBetween_IsAllowedUntilTheNextOneHasSentAgain()
    {
        Own("s0.0");
        Pass("s0.0", begunAt: 0);
        Own("s1.0");
        Own("s0.0");
        Pass("s1.0", begunAt: 1);
        Assert.Empty(_world.Violations);

        Pass("s0.0", begunAt: 2);
        Pass("s1.0", begunAt: 1);
        Assert.Empty(_world.Violations);
        Assert.Equal(1, _counts.LateRequests);

        Pass("s1.0", begunAt: 4);
        Assert.Single(_world.Violations);
    }

    private void Own(string owner)
    {
        _owner = owner;
        _judge.Written("shard");
    }

    /// <summary>Has a request arrive one tick later.</summary>
    private void Pass(string writer, long begunAt)
    {
        _world.After(TimeSpan.FromTicks(1), () => _judge.Arrived("shard", writer, begunAt));
        _world.Step();
    }
}
