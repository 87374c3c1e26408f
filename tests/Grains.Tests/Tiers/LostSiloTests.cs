using System.Globalization;
using Orleans.Configuration;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>How long shards have no owner after a silo was lost or left: silos of one's own beside those of the host.</summary>
/// <remarks>Nothing runs beside it: what it compares is how long silos wait for each other.</remarks>
[CollectionDefinition(nameof(LostSiloTests), DisableParallelization = true)]
[Collection(nameof(LostSiloTests))]
public sealed class LostSiloTests(ITestOutputHelper output)
{
    /// <summary>So many that each of three silos has some of them, and entries of those of the others.</summary>
    private const int Shards = 60;

    private const int Pairs = 10;

    /// <summary>A silo is probed each second and two others must vote: so much one loss may be noticed later than another.</summary>
    private static readonly TimeSpan Probes = TimeSpan.FromSeconds(2);

    /// <summary>A shard is handed over within a tenth of a second; a busy machine adds about as much.</summary>
    private static readonly TimeSpan HandOverNoise = TimeSpan.FromSeconds(0.2);

    [Fact]
    public async Task ALostSilosShards_AreServedAsSoonAsWithSilosOfTheHost()
    {
        var (ours, foreign) = (await LoseAsync(isOfHost: true), await LoseAsync(isOfHost: false));
        output.WriteLine($"silos of the host {ours}, of one's own {foreign}");
        Assert.InRange(foreign.Lost, TimeSpan.Zero, (1.2 * ours.Lost) + Probes);
    }

    /// <summary>In pairs of runs: one silo is lost and one leaves, and for so long a shard had no owner.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task LostSilosShards_TenTimes_AreServedAsSoonAsWithSilosOfTheHost()
    {
        List<Gaps> ours = [], foreign = [];
        for (var pair = 0; pair < Pairs; pair++)
        {
            ours.Add(await LoseAsync(isOfHost: true));
            foreign.Add(await LoseAsync(isOfHost: false));
        }

        Compare("after one was lost", static g => g.Lost);
        Compare("after one left", static g => g.Left);

        static string Told(IEnumerable<TimeSpan> gaps) =>
            string.Join(' ', gaps.Order().Select(static t => t.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)));

        void Compare(string what, Func<Gaps, TimeSpan> gap)
        {
            // The tenth of ten is the p95.
            output.WriteLine($"{what}, silos of the host {Told(ours.Select(gap))}");
            output.WriteLine($"{what}, silos of one's own {Told(foreign.Select(gap))}");
            Assert.InRange(foreign.Max(gap), TimeSpan.Zero, (1.2 * ours.Max(gap)) + HandOverNoise);
        }
    }

    /// <summary>Has one silo of three lost and another one leave; returns for how long a shard had no owner.</summary>
    private static async Task<Gaps> LoseAsync(bool isOfHost)
    {
        var (watch, cutter) = (new OwnerWatch(), new SiloCutter());
        // A silo that is cut off stops as soon as it reads that it is dead, and nobody takes what it has.
        static void StopSoon(KplOptions o) => (o.DrainTimeout, o.StopTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        await using var tier = await Tier.StartAsync(silos: 3, shards: Shards, StopSoon, isOfHost: isOfHost, also: silo =>
        {
            watch.AddTo(silo);
            cutter.AddTo(silo);
            // As silo/Host has them; silos of one's own are told to (docs/from-orleans.md).
            silo.Configure<ClusterMembershipOptions>(static o =>
            {
                (o.ProbeTimeout, o.MaxProbeTimeout, o.NumMissedProbesLimit) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 2);
                (o.NumVotesForDeathDeclaration, o.TableRefreshTimeout) = (2, TimeSpan.FromSeconds(2));
            });
        });
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(500);
        await Waiting.UntilAsync(() => tier.HostedShards().Sum() == Shards);

        var (victim, cut) = (tier.Cluster.Silos[1], OwnerWatch.Mark());
        cutter.Cut(victim.Name);
        await Waiting.UntilAsync(() => tier.Node(0).Hosted.Count + tier.Node(2).Hosted.Count == Shards);
        var lost = watch.LongestGap(cut, victim.Name);

        var leaving = OwnerWatch.Mark();
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[2]);
        await Waiting.UntilAsync(() => tier.Node(0).Hosted.Count == Shards);
        await load.StopAsync();
        return new Gaps(lost, watch.LongestGap(leaving, victim.Name));
    }

    /// <summary>For how long a shard had no owner at most: after a silo was lost, and after one left.</summary>
    private readonly record struct Gaps(TimeSpan Lost, TimeSpan Left);
}
