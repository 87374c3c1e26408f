using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class CallFateTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Seed 500237: on a slow way, the loss of a connection was told long after each producer would have given up.</summary>
    [Theory]
    [InlineData(0.5, 0.5, "lost")]
    [InlineData(2, 2, "lost")]
    [InlineData(12, 2, "timed out")]
    public void Within_ATimeOut_NobodyWaitsLonger(double givesUp, double expected, string error)
    {
        var fate = new CallFate(TimeSpan.FromSeconds(6), null, TimeSpan.FromSeconds(givesUp), static () => new IOException("lost"));
        var within = fate.Within(Timeout, static () => new IOException("timed out"));

        Assert.Equal(TimeSpan.FromSeconds(expected), within.GivesUp);
        Assert.Equal(error, within.Error!().Message);
        Assert.Equal(fate.Request, within.Request);
    }

    /// <summary>A call that never ends is a defect put in on purpose.</summary>
    [Fact]
    public void Within_ATimeOut_WhatNeverEndsStaysSo() =>
        Assert.Null(new CallFate(null, null).Within(Timeout, static () => new IOException("timed out")).GivesUp);
}
