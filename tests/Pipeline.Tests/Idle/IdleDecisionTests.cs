using Orleans.Kpl.Pipeline.Idle;

namespace Orleans.Kpl.Pipeline.Tests.Idle;

/// <summary>An idle stream closes only while nobody uses it and nothing is in it; puts meanwhile wait, and open it again in their order.</summary>
public sealed class IdleDecisionTests
{
    [Theory]
    [InlineData(0, 0, false, IdleStep.Close)]
    [InlineData(3, 3, false, IdleStep.Release)]
    // Closed here, but its epoch is still to be given back.
    [InlineData(0, 1, false, IdleStep.Stay)]
    [InlineData(3, 3, true, IdleStep.Stay)]
    public void Of_AStreamThatHoldsNothing_GivesItsShardsBackFirst(int served, int hosted, bool awaitsFormerOwner, object expected) =>
        Assert.Equal(expected, IdleDecision.Of(isNeeded: false, served, hosted, awaitsFormerOwner));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Of_WhatWouldBeLostOrForgotten_Stays(int shards) =>
        Assert.Equal(IdleStep.Stay, IdleDecision.Of(isNeeded: true, shards, shards, awaitsFormerOwner: false));
}
