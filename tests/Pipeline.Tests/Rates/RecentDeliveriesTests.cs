using Orleans.Kpl.Pipeline.Rates;

namespace Orleans.Kpl.Pipeline.Tests.Rates;

public sealed class RecentDeliveriesTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly RecentDeliveries _recent = new();

    [Theory]
    [InlineData(20, 51_201, true)]
    [InlineData(19, 51_201, false)]
    [InlineData(950, 100, true)]
    [InlineData(949, 100, false)]
    public void ASecondsWorth_ByRecordsOrByBytes_IsNearlyAll(int records, int bytes, bool expected)
    {
        for (var i = 0; i < records; i++)
            _recent.Add(bytes, 7 * Second + i * Second / records);

        Assert.Equal(expected, _recent.AreNearlyAll(8 * Second));
    }

    [Fact]
    public void AtTheWholeRate_IsNearlyAllFromTheFirstSecondOn()
    {
        for (var millisecond = 1; millisecond < 5_000; millisecond++)
        {
            _recent.Add(1_000, millisecond * (Second / 1_000));
            Assert.Equal(millisecond >= 950, _recent.AreNearlyAll(millisecond * (Second / 1_000)));
        }
    }

    [Fact]
    public void AtFourFifthsOfTheRate_IsNeverNearlyAll()
    {
        for (var record = 0; record < 4_000; record++)
        {
            _recent.Add(1_000, record * (Second / 800));
            Assert.False(_recent.AreNearlyAll(record * (Second / 800)));
        }
    }

    [Theory]
    [InlineData(1.05, true)]
    [InlineData(1.2, false)]
    [InlineData(86_400, false)]
    public void WhatCameAtOnce_CountsForASecondAndARoundTrip(double seconds, bool expected)
    {
        _recent.Add(1 << 20, 3 * Second);

        Assert.Equal(expected, _recent.AreNearlyAll(3 * Second + (long)(seconds * Second)));
    }

    [Fact]
    public void OfACallThatEndedBeforeOneThatWasToldOfFirst_Counts()
    {
        _recent.Add(1 << 19, 3 * Second);
        _recent.Add(1 << 19, 2 * Second);

        Assert.True(_recent.AreNearlyAll(3 * Second));
    }
}
