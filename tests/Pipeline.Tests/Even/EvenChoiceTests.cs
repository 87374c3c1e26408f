using Orleans.Kpl.Pipeline.Even;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Even;

public sealed class EvenChoiceTests
{
    private const int Aggregate = 51_200;
    private static readonly ShardLimits Limits = ShardLimits.From(new StreamOptions());

    [Theory]
    [InlineData(100, 100_000, 1, -46.5)]
    [InlineData(100, 100_000, 0.5, -23.3)]
    [InlineData(100, 0, 1, 48.8)]
    [InlineData(100, 0, 0.1, 4_882.8)]
    [InlineData(0, 100_000, 1, 1)]
    [InlineData(-999, 100_000, 1, 1_000)]
    [InlineData(100, -997_376, 1, 1_000)]
    public void WaitOf_ByTheScarcerOfRecordsAndBytes_ByWhatIsUsedOfTheRate(double records, double bytes, double share, double milliseconds) =>
        Assert.Equal(milliseconds, EvenChoice.WaitOf(new TokensLeft(records, bytes, share), Limits, Aggregate) / TimeSpan.TicksPerMillisecond, 0.05);

    [Fact]
    public void MayMove_OverManyAttempts_GetsRarer() =>
        Assert.Equal([0, 3, 15, 63], Enumerable.Range(0, 200).Where(EvenChoice.MayMove));

    /// <summary>One shard of four is halved by others, and one more is throttled to the floor.</summary>
    [Fact]
    public void Best_WhereAllHaveDebts_LeavesTheLeastWaitingForTheSlowest()
    {
        double[] shares = [1, 1, 0.5, 0.05];
        var tokens = shares.Select(s => new TokensLeft(100, 0, s)).ToArray();
        for (var i = 0; i < 1_000; i++)
        {
            var best = Enumerable.Range(0, tokens.Length).MinBy(place => EvenChoice.WaitOf(tokens[place], Limits, Aggregate));
            tokens[best] = tokens[best] with { Bytes = tokens[best].Bytes - Aggregate };
        }

        var seconds = tokens.Select((r, i) => -r.Bytes / (shares[i] * (1 << 20))).ToArray();
        Assert.Equal(seconds[0], seconds[1], 0.05);
        Assert.InRange(seconds[2] / seconds[0], 0.45, 0.55);
        Assert.InRange(seconds[3] / seconds[0], 0, 0.06);
    }
}
