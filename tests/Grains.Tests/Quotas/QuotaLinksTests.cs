using System.Collections.Concurrent;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Grains.Tests.Quotas;

/// <remarks>Tests <see cref="Grains.Quotas.QuotaLinks"/> and <see cref="Grains.Quotas.QuotaLinkService"/>.</remarks>
public sealed class QuotaLinksTests
{
    [Fact]
    public async Task Report_OfOneSilo_ComesToTheOthers_AndTheirsComeBack()
    {
        await using var tier = await Tier.StartAsync(silos: 3);
        IQuotaPeers[] peers = [.. tier.Cluster.Silos.Select(static s => s.ServiceProvider.GetRequiredService<IQuotaPeers>())];
        await Waiting.UntilAsync(() => peers.All(static p => p.Others.Count == 2));
        ConcurrentBag<(string To, QuotaReport Report)> heard = [];
        foreach (var peer in peers.Skip(1))
        {
            peer.Answer = report =>
            {
                heard.Add((peer.Self, report));
                return new QuotaReport { Origin = peer.Self, Number = 3, Demands = [new QuotaDemand("b", 2, 0)] };
            };
        }

        var told = new QuotaReport { Origin = peers[0].Self, Number = 1, Demands = [new QuotaDemand("a", double.PositiveInfinity, 5)] };
        var answers = await Task.WhenAll(peers[0].Others.Select(o => peers[0].TellAsync(o, told, TestContext.Current.CancellationToken)));

        Assert.Equal(peers[0].Others.Order(StringComparer.Ordinal), heard.Select(static h => h.To).Order(StringComparer.Ordinal));
        Assert.All(heard, h => Assert.Equal((told.Origin, told.Number, told.Demands[0]), (h.Report.Origin, h.Report.Number, h.Report.Demands.Single())));
        Assert.All(answers, static a => Assert.Equal((3, new QuotaDemand("b", 2, 0)), (a!.Number, a.Demands.Single())));
    }

    /// <summary>A silo without identities counts nothing, and takes part in nothing.</summary>
    [Fact]
    public async Task Report_ToASiloWhereNobodyCounts_IsAnsweredWithNothing()
    {
        await using var tier = await Tier.StartAsync(silos: 2);
        var peers = tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<IQuotaPeers>();
        await Waiting.UntilAsync(() => peers.Others.Count == 1);
        Assert.Null(await peers.TellAsync(peers.Others[0], new QuotaReport { Origin = peers.Self, Number = 1 }, TestContext.Current.CancellationToken));
    }
}
