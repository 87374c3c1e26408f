using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Pipeline.Tests.Load;

public sealed class LoadSamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(8_192)]
    [InlineData(1_000_000)]
    public void Picks_OfRecordsOfAnySize_StandForAllBytes(int bytes)
    {
        var sampler = new Countdown(8_192, 7);
        var (total, told) = (0L, 0L);
        while (total < 200_000_000)
        {
            total += bytes;
            if (sampler.Picks(bytes, out var weight))
                told += weight;
        }

        Assert.InRange(told / (double)total, 0.97, 1.03);
    }

    [Fact]
    public void Picks_OfKeysInARegularSequence_MeetAllOfThem()
    {
        var sampler = new Countdown(8_192, 3);
        var met = new long[64];
        for (var i = 0; i < 4_000_000; i++)
        {
            if (sampler.Picks(128, out var weight))
                met[i % 64] += weight;
        }

        Assert.All(met, m => Assert.InRange(m / (double)met.Average(), 0.8, 1.2));
    }

    [Fact]
    public void Picks_OfLargeAndSmallRecords_WeighThemByTheirBytes()
    {
        var sampler = new Countdown(8_192, 5);
        var (large, small) = (0L, 0L);
        for (var i = 0; i < 200_000; i++)
        {
            large += sampler.Picks(900, out var weight) ? weight : 0;
            small += sampler.Picks(100, out weight) ? weight : 0;
        }

        Assert.InRange(large / (double)small, 8, 10);
    }

    /// <summary>Counts down as an open aggregate does.</summary>
    private sealed class Countdown
    {
        private LoadSampler _sampler;
        private long _left;

        public Countdown(int interval, uint seed)
        {
            _sampler = new LoadSampler(interval, seed);
            _left = _sampler.Distance();
        }

        public bool Picks(int bytes, out long weight)
        {
            weight = 0;
            if ((_left -= bytes) >= 0)
                return false;
            _left = _sampler.Next(_left, out weight);
            return true;
        }
    }
}
