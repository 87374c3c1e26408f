using System.Globalization;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

/// <remarks>Tests <see cref="ShardSpread"/> and <see cref="ShardMatching"/>. RESULTS.md sums up what the second test prints.</remarks>
public sealed class ShardSpreadTests
{
    private static readonly int[] SiloCounts = [1, 2, 3, 5, 8, 16, 33, 64];
    private static readonly int[] ShardCounts = [1, 4, 17, 64, 250, 1_000, 5_000];

    [Fact]
    public void Homes_OfAnyShardsOnAnySilos_AreFairShares()
    {
        foreach (var silos in Enumerable.Range(1, 64))
        {
            foreach (var shards in ShardCounts.Append(silos).Append(silos * 4).Append(silos * 4 + 1))
            {
                var spread = new ShardSpread("events", Starts(shards), Numbers(silos));
                var counts = spread.Homes.CountBy(static h => h).ToDictionary();
                Assert.Equal(shards, spread.Homes.Count);
                Assert.All(counts.Values, c => Assert.InRange(c, shards / silos, (shards + silos - 1) / silos));
                Assert.Equal(Math.Min(shards, silos), counts.Count);
            }
        }
    }

    [Fact]
    public void Changes_OfShardsAndSilos_MoveLittleMoreThanTheyMust()
    {
        var all = new Dictionary<string, SpreadChange>();
        var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var shards in ShardCounts)
        {
            foreach (var silos in SiloCounts)
            {
                var (cell, most) = Run(shards, silos);
                text.WriteLine($"| {shards:N0} | {silos} | {most:0.00} | {string.Join(" | ", cell.Select(static c => Ratio(c.Value)))} |");
                foreach (var (kind, change) in cell)
                {
                    all[kind] = all.GetValueOrDefault(kind) + change;
                }
            }
        }

        text.WriteLine($"| all | | | {string.Join(" | ", all.Select(static c => Ratio(c.Value)))} |");
        TestContext.Current.TestOutputHelper!.WriteLine(text.ToString());
        Assert.All(all, static c => Assert.True(c.Value.Moves <= 1.5 * c.Value.Least, $"{c.Key}: {c.Value}"));
    }

    [Fact]
    public void Homes_InAnyOrderOfSilos_AreTheSame()
    {
        var (starts, numbers) = (Starts(500), Numbers(16));
        ulong[] reversed = [.. numbers.Reverse()];
        var (one, other) = (new ShardSpread("events", starts, numbers), new ShardSpread("events", starts, reversed));
        for (var i = 0; i < starts.Length; i++)
            Assert.Equal(numbers[one.Homes[i]], reversed[other.Homes[i]]);
        Assert.Empty(new ShardSpread("events", starts, []).Homes);
    }

    /// <summary>Silos of two versions must find the same.</summary>
    [Fact]
    public void Homes_NeverChangeWithTheVersion() =>
        Assert.Equal("0021011021112202", string.Concat(new ShardSpread("events", Starts(16), [1, 2, 3]).Homes));

    [Fact]
    public void StreamsOfOneShard_DoNotMeetOnOneSilo()
    {
        var numbers = Numbers(64);
        var counts = Enumerable.Range(0, 640).Select(i => new ShardSpread($"stream-{i}", Starts(1), numbers).Homes[0]).CountBy(static h => h).ToList();
        // 10 each; a fair draw lies within 4.5 standard deviations, of 3.1.
        Assert.InRange(counts.Max(static c => c.Value), 10, 24);
    }

    [Fact]
    public void MovesTo_SeveralNewcomers_GivesEachTheSame()
    {
        var spread = new ShardSpread("events", Starts(100), Numbers(4));
        var moves = spread.MovesTo([.. Enumerable.Range(0, 100)], 0, [1, 2, 3]).CountBy(static m => m.To).ToDictionary();
        Assert.Equal([25, 25, 25], [moves[1], moves[2], moves[3]]);
        Assert.Empty(spread.MovesTo([1, 2, 3], 0, [1, 2, 3]));
    }

    [Fact]
    public void MovesHome_WithOneBeyondTheShare_AreNone()
    {
        var spread = new ShardSpread("events", Starts(8), Numbers(2));
        int[] home = [.. Enumerable.Range(0, 8).Where(s => spread.Homes[s] == 0)];
        int[] away = [.. Enumerable.Range(0, 8).Except(home)];
        Assert.Empty(spread.MovesHome([.. home, away[0]], 0, static _ => true));
        Assert.Equal([new ShardMove(away[0], 1)], spread.MovesHome([.. home, away[0], away[1]], 0, static _ => true));
        Assert.Equal([new ShardMove(away[1], 1)], spread.MovesHome([.. home, away[0], away[1]], 0, s => s != away[0]));
    }

    private static (List<KeyValuePair<string, SpreadChange>> Cell, double MostOverMean) Run(int shards, int silos)
    {
        var tier = new SpreadTier(shards, silos, seed: shards * 100 + silos);
        var cell = new Dictionary<string, SpreadChange>
        {
            ["join"] = default, ["leave"] = default, ["loss"] = default, ["split"] = default, ["merge"] = default, ["doubling"] = default,
        };
        var most = 0.0;
        for (var round = 0; round < (shards > 500 ? 3 : 12); round++)
        {
            Add("join", tier.Join());
            Add("leave", tier.Leave());
            Add("split", tier.Split(1));
            Add("join", tier.Join());
            Add("loss", tier.Lose());
            Add("merge", tier.Merge());
        }

        if (shards <= 1_000)
            Add("doubling", tier.Split(tier.Shards));
        return ([.. cell], most);

        void Add(string kind, SpreadChange change)
        {
            cell[kind] += change;
            var share = (tier.Shards + tier.Silos - 1) / tier.Silos;
            Assert.True(tier.Most <= share + (share < 4 && tier.Silos <= 8 ? 0 : 1), $"{tier.Most} of {tier.Shards} shards on one of {tier.Silos} silos");
            if (shards >= silos)
                most = Math.Max(most, (double)tier.Most * tier.Silos / tier.Shards);
        }
    }

    private static string Ratio(SpreadChange change) =>
        change.Least == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{(double)change.Moves / change.Least:0.00}");

    private static UInt128[] Starts(int shards) => [.. Enumerable.Range(0, shards).Select(i => UInt128.MaxValue / (UInt128)shards * (UInt128)i)];

    private static ulong[] Numbers(int silos) => [.. Enumerable.Range(0, silos).Select(i => StableTextHash.LongOf($"10.0.{i / 16}.{i}:11111@{i * 977}"))];
}
