using Orleans.Kpl.Pipeline.Horizons;

namespace Orleans.Kpl.Pipeline.Tests.Horizons;

public sealed class IdentityPacesTests
{
    private const long Allowance = 50;

    [Fact]
    public void WhoTakesLessThanItsPart_IsNeverAhead()
    {
        var paces = new IdentityPaces(Allowance);
        for (var now = 0L; now < 10_000; now += 10)
            Assert.True(paces.TryTake("light", cost: 3, parts: 3, now));
    }

    [Fact]
    public void WhoTakesMore_GetsItsPartAlone()
    {
        var paces = new IdentityPaces(Allowance);
        var taken = 0;
        for (var now = 0L; now < 10_000; now++)
            taken += paces.TryTake("heavy", cost: 4, parts: 2, now) ? 4 : 0;

        Assert.InRange(taken, 5_000, 5_000 + Allowance);
    }

    [Fact]
    public void ThoseWhoAreNotAhead_AreForgotten_TheOthersAreNot()
    {
        var paces = new IdentityPaces(Allowance);
        for (var i = 0; i < 2_000; i++)
            paces.TryTake($"once-{i}", cost: 1, parts: 1, now: i);
        Assert.True(paces.TryTake("ahead", cost: 1_000, parts: 1, now: 2_000));
        for (var i = 0; i < 2_000; i++)
            paces.TryTake($"again-{i}", cost: 0, parts: 1, now: 2_001);

        Assert.False(paces.TryTake("ahead", cost: 1, parts: 1, now: 2_001));
    }
}
