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
            + "so it does for any load from a thousandth of this one to a thousand times as much.", advice);
    }

    /// <summary>An account with the commitment pays Advantage for on-demand, and was told what it would save beside the plain prices.</summary>
    [Fact]
    public void Advice_WhereTheAccountIsCommitted_ComparesWithAdvantage()
    {
        var (load, committed) = (new CostLoad(10, 204, [0.2]), Terms(1) with { IsCommitted = true });
        var advice = CostAdvice.Of(load, committed, isOnDemand: true, "events");
        Assert.StartsWith(
            "Provisioned with a policy costs least (kpl mode provisioned --stream events, then kpl policy on --stream events): "
            + "$11.32 a month, $3,068.37 less than on-demand Advantage; ", advice, StringComparison.Ordinal);
        Assert.EndsWith(" so leaving on-demand saves that part only once the commitment has ended.", advice, StringComparison.Ordinal);
        // Plain on-demand, which costs less than three shards, is not to be had.
        var threeShards = committed with { Shards = 3, Policy = Policy with { MinShards = 3 } };
        var small = CostAdvice.Of(new CostLoad(0.1, 5.5, [1]), threeShards, isOnDemand: false);
        Assert.StartsWith("Provisioned with the 3 shards it has costs least: $32.85 a month, ", small, StringComparison.Ordinal);
        Assert.Contains(" on-demand Advantage costs less.", small, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, false, "Provisioned with a policy costs least (kpl policy on --stream events): ")]
    [InlineData(1, false, "Provisioned with the 1 shard it has costs least: ")]
    [InlineData(1, true, "Provisioned with a policy costs least (kpl mode provisioned --stream events, then kpl policy on --stream events): ")]
    public void Advice_OfAStream_NamesTheCommand(int shards, bool isOnDemand, string told) =>
        Assert.StartsWith(told, CostAdvice.Of(new CostLoad(10, 204, [0.2]), Terms(shards), isOnDemand, "events"), StringComparison.Ordinal);

    [Fact]
    public void Advice_OfAStreamThatIsBestOnDemand_NamesTheCommand()
    {
        var terms = Terms(3) with { Policy = Policy with { MinShards = 3 } };
        Assert.StartsWith(
            "On-demand costs least (kpl mode on-demand --stream events): ",
            CostAdvice.Of(new CostLoad(0.1, 5.5, [1]), terms, isOnDemand: false, "events"), StringComparison.Ordinal);
        Assert.Contains(
            "Advantage costs least (AWS's UpdateAccountSettings, then kpl mode on-demand --stream events): ",
            CostAdvice.Of(new CostLoad(1, 1, [0.001]), Terms(1) with { Streams = 300 }, isOnDemand: false, "events"), StringComparison.Ordinal);
    }

    [Fact]
    public void Advice_OfTooManyShards_TellsWhatAPolicySaves() =>
        Assert.StartsWith(
            "Provisioned with a policy costs least: $11.32 a month, $98.55 less than provisioned with the 10 shards it has; ",
            Advise(new CostLoad(10, 204, [0.2]), shards: 10), StringComparison.Ordinal);

    /// <summary>Shards that do not carry the load once had a price nevertheless, and what aggregation saves was counted from it.</summary>
    [Fact]
    public void Advice_OfTooFewShards_SaysSo_AndReckonsWithThoseItNeeds()
    {
        var advice = Advise(new CostLoad(10, 204, [4]), shards: 2);
        Assert.StartsWith(
            "Provisioned with the 4 shards it needs costs least: $44.17 a month, $21.90 less than provisioned with a policy; ", advice, StringComparison.Ordinal);
        Assert.EndsWith(" The 2 shards it has cannot carry the busiest minute, which is 4 shards' worth.", advice, StringComparison.Ordinal);
        var (hour, shards) = PaperLoad.Of(20_000, 200, 1, Policy);
        var (with, alone) = (Price(hour, shards), MonthlyCost.Of(CostLoad.Alone([hour]), Terms(shards)));
        Assert.Equal((1, 4, 20), (shards, with.Shards, alone.Shards));
        Assert.Equal((16 * 10.95) + ((20_000 - CostLoad.Of([hour]).PutUnits) * 2.628 * 0.014), alone.Provisioned - with.Provisioned, 2);
    }

    /// <summary>
    /// A window in which another mode costs less may be narrow: here it ends where the policy has one shard more, at 2.25 times the load. Steps of a
    /// twentieth passed over it, and the advice said that no load turns it.
    /// </summary>
    [Fact]
    public void Turn_InANarrowWindow_IsFound()
    {
        var terms = Terms(3) with { Policy = Policy with { MinShards = 3 } };
        var advice = CostAdvice.Of(new CostLoad(0.1, 5.5, [1]), terms, isOnDemand: true);
        Assert.StartsWith("On-demand costs least: $30.85 a month, ", advice, StringComparison.Ordinal);
        // 29.20 + 1.65 for each time of the load are 32.85, the price of three shards.
        Assert.Equal((5.5 * 3.65 / 1.6505 / 1_024, ("above", "provisioned with a policy costs less")), TurnOf(advice), Near);
    }

    [Fact]
    public void Turn_OfLoadsOfAllKinds_IsThatOfABruteForce()
    {
        var random = new Random(1);
        for (var i = 0; i < 40; i++)
        {
            var (units, kib) = (random.NextDouble() * 10, Math.Pow(10, random.NextDouble() * 4));
            var load = new CostLoad(units, kib, [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => random.NextDouble() * 8)]);
            var terms = Terms(1) with { Readers = random.Next(3), Streams = 1 + random.Next(100), Policy = Policy with { MinShards = 1 + random.Next(3) } };
            var advice = CostAdvice.Of(load, terms, isOnDemand: false);
            // Nearest first.
            var turns = Turns(load, terms).Where(static t => t.Saved > 0.002).OrderBy(static t => Math.Abs(Math.Log(t.Factor))).ToList();
            if (advice.Contains("so it does for any load", StringComparison.Ordinal))
            {
                Assert.Empty(turns);
                continue;
            }

            var (at, turn) = TurnOf(advice);
            var factor = at * 1_024 / terms.Streams / load.KiB;
            Assert.Equal(turn.Side, factor > 1 ? "above" : "below");
            if (turns.Count > 0)
                Assert.True(Math.Abs(Math.Log(factor)) < Math.Abs(Math.Log(turns[0].Factor)) + 0.002, $"{advice} but {turns[0]}");
            Assert.Contains(Turns(load, terms, [factor * 0.9995, factor * 0.9998, factor * 1.0002, factor * 1.0005]),
                t => turn.Other.StartsWith(t.Other, StringComparison.Ordinal));
        }
    }

    /// <summary>Looks at many loads, and on both sides of those at which the policy has one shard more; tells those at which it turns.</summary>
    private static IEnumerable<(double Factor, string Other, double Saved)> Turns(CostLoad load, CostTerms terms, IEnumerable<double>? factors = null)
    {
        var policy = terms.Policy;
        var steps = load.Peaks
            .SelectMany(p => Enumerable.Range(1, 100).SelectMany(n => (double[])[n * policy.TargetUtilisation / p, n * policy.SplitUtilisation / p]))
            .SelectMany(static f => (double[])[f * 0.999_999, f * 1.000_001]).Where(static f => f is >= 0.001 and <= 1_000);
        factors ??= Enumerable.Range(-20_000, 40_001).Select(static i => Math.Exp(i * Math.Log(1_000) / 20_000)).Concat(steps);
        var best = Modes(1).MinBy(static m => m.Price).Name;
        foreach (var factor in factors)
        {
            var modes = Modes(factor);
            var (name, price) = modes.MinBy(static m => m.Price);
            if (name != best)
                yield return (factor, name, 1 - (price / modes.Single(m => m.Name == best).Price));
        }

        (string Name, double Price)[] Modes(double factor)
        {
            var cost = MonthlyCost.Of(load.Times(factor), terms with { Shards = policy.MinShards, Policy = policy with { MaxShards = int.MaxValue } });
            return [("provisioned with a policy", cost.ByPolicy), ("on-demand costs", cost.OnDemand), ("on-demand Advantage", cost.Advantage)];
        }
    }

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
        var match = System.Text.RegularExpressions.Regex.Match(advice, @"; (above|below) ([0-9.,]+) (MiB|KiB)/s(?: of all [0-9,]+ streams)? (.*? costs less)\.");
        var at = double.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) / (match.Groups[3].Value == "KiB" ? 1_024 : 1);
        return (at, (match.Groups[1].Value, match.Groups[4].Value));
    }

    private static EqualityComparer<(double At, (string, string) Turn)> Near { get; } =
        EqualityComparer<(double At, (string, string) Turn)>.Create(static (a, b) => Math.Abs((a.At / b.At) - 1) < 0.001 && a.Turn == b.Turn);

    private static MonthlyCost Price(LoadSum hour, int shards) => MonthlyCost.Of(CostLoad.Of([hour]), Terms(shards));

    private static string Advise(CostLoad load, int shards) => CostAdvice.Of(load, Terms(shards), isOnDemand: false);

    private static CostTerms Terms(int shards) => new(PriceTable.Own.Regions["us-east-1"], Policy, shards, Readers: 1, Streams: 1);
}
