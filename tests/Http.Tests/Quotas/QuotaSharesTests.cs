using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <remarks>Tests <see cref="QuotaShares"/>, <see cref="QuotaView"/>, <see cref="RateBucket"/> and <see cref="DemandMeter"/>.</remarks>
public sealed class QuotaSharesTests
{
    /// <summary>The bound of ten seconds, and one request more on each silo: how much it takes is known when it has been read.</summary>
    private const double MostInTenSeconds = 11 + (3.0 * QuotaWorld.RecordsOfARequest / QuotaWorld.Limit);

    /// <summary>How clients ask of three silos: at each second, of which of them.</summary>
    private static readonly Dictionary<string, Func<double, int, bool>> Loads = new()
    {
        ["of all"] = static (_, _) => true,
        ["of one"] = static (_, silo) => silo == 0,
        ["of two"] = static (_, silo) => silo != 1,
        ["of one after the other, each second"] = static (now, silo) => (int)now % 3 == silo,
        ["of one after the other, each three seconds"] = static (now, silo) => (int)(now / 3) % 3 == silo,
        ["of all, with pauses"] = static (now, _) => (int)(now / 4) % 2 == 0,
        ["of one, and after a while of all"] = static (now, silo) => now >= 15 || silo == 2,
    };

    public static TheoryData<string, double> Worlds => [.. from load in Loads.Keys from loss in (double[])[0, 0.3] select (load, loss)];

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Rate_OfThreeSilosTogether_IsKeptWithinATenthOverAnyTenSeconds(string load, double loss)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var world = new QuotaWorld(loss, seed);
            for (var i = 0; i < 3; i++)
                world.Start();
            world.Run(TimeSpan.FromSeconds(40), Loads[load]);

            Assert.True(world.MostInTenSeconds() <= MostInTenSeconds, $"seed {seed}: {world.MostInTenSeconds()} of 10");
            Assert.True(world.MostShared <= 1.0 + 0.05, $"seed {seed}: the silos gave out {world.MostShared} of the limit");
        }
    }

    [Theory]
    [InlineData("of all")]
    [InlineData("of one")]
    [InlineData("of two")]
    [InlineData("of one, and after a while of all")]
    public void Rate_OfThreeSilosTogether_IsUsedUpToItsEnd(string load)
    {
        var world = new QuotaWorld();
        for (var i = 0; i < 3; i++)
            world.Start();
        world.Run(TimeSpan.FromSeconds(30), Loads[load]);
        Assert.InRange(world.LastTenSeconds(), 9.5, 10.5);
    }

    [Fact]
    public void Rate_WhileSilosStart_IsKeptToo()
    {
        var world = new QuotaWorld();
        for (var i = 0; i < 3; i++)
        {
            world.Start();
            world.Run(TimeSpan.FromSeconds(7), Loads["of all"]);
        }

        world.Run(TimeSpan.FromSeconds(20), Loads["of all"]);
        Assert.InRange(world.MostInTenSeconds(), 9.5, MostInTenSeconds);
        Assert.InRange(world.LastTenSeconds(), 9.5, 10.5);
    }

    /// <summary>As a silo of an earlier version does: it never says anything.</summary>
    [Fact]
    public void Rate_BesideASiloThatSaysNothing_IsSharedAmongAll()
    {
        var world = new QuotaWorld();
        world.Start();
        world.Start();
        world.Start(exchanges: false);
        world.Run(TimeSpan.FromSeconds(30), static (_, silo) => silo != 2);
        Assert.InRange(world.LastTenSeconds(), 6.3, 7.1);
    }

    [Fact]
    public void Share_BeforeTheOthersKnowWhy_DoesNotRise()
    {
        var (time, demand) = (new FakeTimeProvider(), new QuotaDemand("a", double.PositiveInfinity, 0));
        var shares = new QuotaShares(time);
        shares.Take(Report("b", 1, demand));
        var report = shares.Begin("a", ["b"], [demand], []);
        Assert.Equal(25, shares.View.RecordsOf("a", 1_000));

        shares.End(report, new HashSet<string>());
        Assert.Equal(25, shares.View.RecordsOf("a", 1_000));

        shares.End(report, new HashSet<string> { "b" });
        Assert.Equal(500, shares.View.RecordsOf("a", 1_000));
    }

    [Fact]
    public void Share_WhenAnotherWantsLess_RisesAtOnce_AndAnOlderReportChangesNothing()
    {
        var (time, all) = (new FakeTimeProvider(), new QuotaDemand("a", double.PositiveInfinity, 0));
        var shares = new QuotaShares(time);
        shares.Take(Report("b", 1, all));
        shares.End(shares.Begin("a", ["b"], [all], []), new HashSet<string> { "b" });

        shares.Take(Report("b", 3, all with { Records = 100 }));
        Assert.Equal(900, shares.View.RecordsOf("a", 1_000));
        shares.Take(Report("b", 2, all));
        Assert.Equal(900, shares.View.RecordsOf("a", 1_000));
    }

    [Fact]
    public void Silo_ThatMembershipListsNoMore_IsReckonedWithForAWhile()
    {
        var (time, all) = (new FakeTimeProvider(), new QuotaDemand("a", double.PositiveInfinity, 0));
        var shares = new QuotaShares(time);
        shares.Take(Report("b", 1, all));
        shares.End(shares.Begin("a", ["b"], [all], []), new HashSet<string> { "b" });

        shares.Meet([]);
        Assert.Equal(500, shares.View.RecordsOf("a", 1_000));
        time.Advance(QuotaShares.Kept);
        shares.Meet([]);
        Assert.Equal(1_000, shares.View.RecordsOf("a", 1_000));
    }

    private static QuotaReport Report(string origin, long number, params QuotaDemand[] demands) =>
        new() { Origin = origin, Number = number, Demands = demands };
}
