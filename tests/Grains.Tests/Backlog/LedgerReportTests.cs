using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Tests.Backlog;

namespace Orleans.Kpl.Grains.Tests.Backlog;

/// <summary>The tier's books name the silo starts whose counts they are.</summary>
public sealed class LedgerReportTests
{
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };

    [Fact]
    public async Task Books_NameEachStartOfASilo_AndThoseThatAreGone()
    {
        await using var tier = await Tier.StartAsync(silos: 2, backlog: new SharedStores());
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(300), Persisted);
        await tier.Front(1).PutAsync(Tier.Stream, Tier.Records(200, 300));
        await Waiting.UntilAsync(async () => (await tier.Manager.GetLedger()).Delivered == 500);
        var (stays, dies) = (tier.Cluster.Silos[0], tier.Cluster.Silos[1]);
        var both = await tier.Manager.GetLedgerReport();
        Assert.Equal(new StreamLedger(500, 500, 0, 0, 0, 0, 0), both.Ledger);
        Assert.Equal(
            new[] { Covered(stays, 300), Covered(dies, 200) }.OrderBy(c => c.Process, StringComparer.Ordinal),
            both.Covered.OrderBy(c => c.Process, StringComparer.Ordinal));
        Assert.Empty(both.NotCovered);

        await tier.Cluster.KillSiloAsync(dies);
        var comes = await tier.Cluster.StartAdditionalSiloAsync();
        await Waiting.UntilAsync(async () => await SiloLoss.TryAsync(
            () => AdminOf(stays).GetLedgerReportAsync(Tier.Stream), static e => e is StreamManagerException) is { Covered.Count: 2, NotCovered.Count: 1 });

        var after = await AdminOf(stays).GetLedgerReportAsync(Tier.Stream);
        Assert.Equal(new StreamLedger(300, 300, 0, 0, 0, 0, 0), after.Ledger);
        Assert.Equal(
            new[] { Covered(stays, 300), Covered(comes, 0) }.OrderBy(c => c.Process, StringComparer.Ordinal),
            after.Covered.OrderBy(c => c.Process, StringComparer.Ordinal));
        Assert.Equal([new MissingContributor { Process = dies.SiloAddress.ToString(), State = MissingContributorState.Gone }], after.NotCovered);
    }

    private static LedgerContributor Covered(Orleans.TestingHost.InProcessSiloHandle silo, long records) => new()
    {
        Process = silo.SiloAddress.ToString(),
        StartedAt = silo.ServiceProvider.GetRequiredService<SiloNode>().State.At,
        Ledger = new StreamLedger(records, records, 0, 0, 0, 0, 0),
    };

    private static IBacklogAdmin AdminOf(Orleans.TestingHost.InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IBacklogAdmin>();
}
