using Orleans.Kpl.Pipeline.Idle;

namespace Orleans.Kpl.Pipeline.Tests.Idle;

/// <summary>An idle stream closes only while nobody uses it and nothing is in it; puts meanwhile wait, and open it again in their order.</summary>
public sealed class IdleDecisionTests
{
    [Fact]
    public void Of_AStreamThatHoldsNothing_Closes() => Assert.Equal(IdleStep.Close, IdleDecision.Of(default));

    [Fact]
    public void Of_AStreamThatOnlyServesShards_GivesThemBackFirst()
    {
        Assert.Equal(IdleStep.Release, IdleDecision.Of(new StreamContents { ServedShards = 3, HostedShards = 3 }));
        // Closed here, but its epoch is still to be given back.
        Assert.Equal(IdleStep.Stay, IdleDecision.Of(new StreamContents { HostedShards = 1 }));
    }

    [Fact]
    public void Of_AShardThatWaitsForItsTurn_Stays() =>
        Assert.Equal(IdleStep.Stay, IdleDecision.Of(new StreamContents { ServedShards = 3, HostedShards = 3, AwaitsFormerOwner = true }));

    /// <summary>Each of them alone, whether shards are served or not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Of_WhatWouldBeLostOrForgotten_Stays(int shards)
    {
        var served = new StreamContents { ServedShards = shards, HostedShards = shards };
        StreamContents[] all =
        [
            served with { Records = 1 }, served with { HasWaiters = true }, served with { HasCalls = true }, served with { IsTroubled = true },
            served with { IsAnnounced = true }, served with { HasBacklog = true }, served with { IsLinked = true },
        ];

        Assert.All(all, static held => Assert.Equal(IdleStep.Stay, IdleDecision.Of(held)));
    }
}
