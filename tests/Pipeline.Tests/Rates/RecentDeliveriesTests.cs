using Orleans.Kpl.Pipeline.Rates;

namespace Orleans.Kpl.Pipeline.Tests.Rates;

public sealed class RecentDeliveriesTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(20, 51_201, true)]
    [InlineData(19, 51_201, false)]
    [InlineData(950, 100, true)]
    [InlineData(949, 100, false)]
    public void ASecondsWorth_ByRecordsOrByBytes_IsNearlyAll(int records, int bytes, bool expected)
    {
        var recent = new RecentDeliveries();

        for (var i = 0; i < records; i++)
            recent.Add(bytes, 7 * Second + i * Second / records);

        Assert.Equal(expected, recent.AreNearlyAll(8 * Second));
    }

    [Fact]
    public void AtTheWholeRate_IsNearlyAllFromTheFirstSecondOn()
    {
        var recent = new RecentDeliveries();
        for (var millisecond = 1; millisecond < 5_000; millisecond++)
        {
            recent.Add(1_000, millisecond * (Second / 1_000));
            Assert.Equal(millisecond >= 950, recent.AreNearlyAll(millisecond * (Second / 1_000)));
        }
    }

    [Fact]
    public void AtFourFifthsOfTheRate_IsNeverNearlyAll()
    {
        var recent = new RecentDeliveries();
        for (var record = 0; record < 4_000; record++)
        {
            recent.Add(1_000, record * (Second / 800));
            Assert.False(recent.AreNearlyAll(record * (Second / 800)));
        }
    }

    [Theory]
    [InlineData(1.05, true)]
    [InlineData(1.2, false)]
    [InlineData(86_400, false)]
    public void WhatCameAtOnce_CountsForASecondAndARoundTrip(double seconds, bool expected)
    {
        var recent = new RecentDeliveries();
        recent.Add(1 << 20, 3 * Second);

        Assert.Equal(expected, recent.AreNearlyAll(3 * Second + (long)(seconds * Second)));
    }

    [Fact]
    public void OfACallThatEndedBeforeOneThatWasToldOfFirst_Counts()
    {
        var recent = new RecentDeliveries();
        recent.Add(1 << 19, 3 * Second);
        recent.Add(1 << 19, 2 * Second);

        Assert.True(recent.AreNearlyAll(3 * Second));
    }
}
