using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

/// <remarks>Tests <see cref="CostAdvice"/>, <see cref="PaperLoad"/> and <see cref="MonthlyCost"/>.</remarks>
public sealed class CostAdviceTests
{
    private static readonly ScalingOptions Policy = new();

    /// <summary>
    /// 1,000 records/s of 200 bytes are ten aggregates a second: 10 PUT units against 1,000, 204 KiB/s against 1,000, one shard against the two that the
    /// policy has for 1,000 Kinesis records a second.
    /// </summary>
    [Fact]
    public void Aggregation_OfAThousandSmallRecordsASecond_SavesWhatItSavesOnPaper()
    {
        var (hour, shards) = PaperLoad.Of(1_000, 200, null, Policy);
        var (with, alone) = (Price(hour, shards), MonthlyCost.Of(CostLoad.Alone([hour]), Terms(shards)));

        const double units = 990 * 730.0 * 3_600 / 1e6 * 0.014; // $36.42
        Assert.Equal(units, alone.Provisioned - with.Provisioned, 2);
        Assert.Equal(units + 10.95, alone.ByPolicy - with.ByPolicy, 2);
        const double gib = (1_000 - 210) * 730.0 * 3_600 / 1_048_576; // Each aggregate of 20,820 bytes counts as 21 KiB.
        Assert.Equal(gib * 0.12, alone.OnDemand - with.OnDemand, 2);
    }

    /// <summary>The least price of Advantage is also what AWS' own calculator tells for a small load.</summary>
    [Fact]
    public void AConstantLoad_CostsWhatItCostsOnPaper()
    {
        var (hour, shards) = PaperLoad.Of(10, 60_000, null, Policy);
        var cost = Price(hour, shards);
        // 10 records of 60,000 bytes: 30 units and 590 KiB a second; 0.57 shards are one.
        Assert.Equal((730 * 0.015) + (30 * 2.628 * 0.014), cost.Provisioned, 6);
        Assert.Equal(cost.Provisioned, cost.ByPolicy, 6);
        Assert.Equal((730 * 0.04) + (590 * 2_628_000.0 / 1_048_576 * 0.12), cost.OnDemand, 6);
        Assert.Equal(3_079.69, cost.Advantage, 2);
    }

    [Fact]
    public void Advice_OfShardsThatSuffice_ComparesWithTheNext()
    {
        var advice = Advise(new CostLoad(10, 204, [0.2]), shards: 1);
        Assert.Equal(
            "Provisioned with the 1 shard it has costs least: $11.32 a month, $79.24 less than on-demand; "
            + "no load from a thousandth to a thousand times of this one turns it.", advice);
    }

    [Fact]
    public void Advice_OfTooManyShards_TellsWhatAPolicySaves() =>
        Assert.StartsWith(
            "Provisioned with a policy costs least: $11.32 a month, $98.55 less than provisioned with the 10 shards it has; ",
            Advise(new CostLoad(10, 204, [0.2]), shards: 10), StringComparison.Ordinal);

    [Fact]
    public void Advice_OfTooFewShards_SaysThatTheyAreOverloaded() =>
        Assert.StartsWith(
            "Provisioned with a policy costs least: $66.07 a month, $43.80 more than provisioned with the 2 shards it has, "
            + "which its busiest minute overloads (4 shards); ",
            Advise(new CostLoad(10, 204, [4]), shards: 2), StringComparison.Ordinal);

    /// <summary>Each small stream costs a shard, and together they share the least price of Advantage: 281 shards cost as much.</summary>
    [Fact]
    public void Advice_OfManySmallStreams_TurnsWhereTheirShardsCostAsMuchAsAdvantage()
    {
        var load = new CostLoad(1, 1, [0.001]);
        Assert.StartsWith("Provisioned with", CostAdvice.Of(load, Terms(1) with { Streams = 280 }, isOnDemand: false), StringComparison.Ordinal);
        var many = CostAdvice.Of(load, Terms(1) with { Streams = 1_000 }, isOnDemand: true);
        Assert.StartsWith("On-demand Advantage costs least: $3,079.69 a month, ", many, StringComparison.Ordinal);
        var (at, other) = TurnOf(many);
        Assert.Equal(("above", "provisioned with a policy costs less"), other);
        // Beyond that load Advantage costs $123.19 for each MiB/s, in and out.
        var perMiB = 2_628_000 / 1_024.0 * 0.048;
        var shards = 1_000 * (10.95 + (2.628 * 0.014 * at * 1_024 / 1_000));
        Assert.InRange(perMiB * at / shards, 0.99, 1.01);
    }

    /// <summary>A shard costs less than the hours of an on-demand stream, so only a policy that keeps many shards makes on-demand the choice.</summary>
    [Fact]
    public void Advice_OfAPolicyThatKeepsManyShards_TurnsAtTheLoadThatFillsThem()
    {
        var terms = Terms(8) with { Policy = Policy with { MinShards = 8 } };
        var advice = CostAdvice.Of(new CostLoad(1, 10, [0.01]), terms, isOnDemand: true);
        Assert.StartsWith("On-demand costs least: $32.21 a month, ", advice, StringComparison.Ordinal);
        var (at, other) = TurnOf(advice);
        Assert.Equal(("above", "provisioned with a policy costs less"), other);
        Assert.InRange(((at * 2_628_000 / 1_024 * 0.12) + 29.2) / (87.6 + (2.628 * 0.014 * at * 102.4)), 0.99, 1.01);
    }

    [Theory]
    [InlineData(180, null)]
    [InlineData(181, "The prices are 181 days old: compare them with https://aws.amazon.com/kinesis/data-streams/pricing/.")]
    public void Prices_AfterHalfAYear_AreWarnedOf(int days, string? warning) =>
        Assert.Equal(warning, PriceTable.Own.FindWarning(PriceTable.Own.AsOf.AddDays(days)));

    private static (double At, (string Side, string Other) Turn) TurnOf(string advice)
    {
        var match = System.Text.RegularExpressions.Regex.Match(advice, @"; (above|below) ([0-9.,]+) MiB/s(?: of all [0-9,]+ streams)? (.*)\.$");
        return (double.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture), (match.Groups[1].Value, match.Groups[3].Value));
    }

    private static MonthlyCost Price(LoadSum hour, int shards) => MonthlyCost.Of(CostLoad.Of([hour]), Terms(shards));

    private static string Advise(CostLoad load, int shards) => CostAdvice.Of(load, Terms(shards), isOnDemand: false);

    private static CostTerms Terms(int shards) => new(PriceTable.Own.Regions["us-east-1"], Policy, shards, Readers: 1, Streams: 1);
}
