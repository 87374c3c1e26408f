using Orleans.Kpl.Simulation.Service;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>The account's quotas of control operations.</summary>
public sealed class AccountQuotasTests
{
    [Fact]
    public void TryTake_OfMoreThanASecondHas_IsRefusedUntilTheNextOne()
    {
        var describes = new AccountQuotas().Describes;
        for (var i = 0; i < 20; i++)
            Assert.True(describes.TryTake(now: i));

        Assert.False(describes.TryTake(now: 20));
        Assert.True(describes.TryTake(now: TimeSpan.TicksPerSecond));
        Assert.Equal((22, 21, 1), (describes.Total, describes.Peak, describes.Refused));
    }
}
