using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Grains.Tests.Lanes;

public sealed class LaneLimitsTests
{
    [Fact]
    public void OutcomesHold_OfASession_IsThatOfItsCall() => Assert.Equal(ResponseTimeouts.OutcomesHold, ClientSession.OutcomesHold);
}
