using System.Globalization;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>Compares what silos tell Prometheus with their ledgers, at rest.</summary>
internal static class MetricsAudit
{
    /// <summary>
    /// The metrics of one silo are the terms of its ledger: what it found in a log of another counts as received, as it counts as accepted. What it put may
    /// be another's, and what another put its own: see <see cref="AssertPutAsync"/>.
    /// </summary>
    public static async Task AssertOwnAsync(SiloProcess silo, string stream, StreamLedger ledger)
    {
        var page = await PageAsync(silo);
        Assert.Equal(
            (ledger.Accepted, ledger.Failed, ledger.Unknown),
            (Sum(page, "received", stream), Sum(page, "failed", stream), Sum(page, "unknown", stream)));
    }

    /// <summary>All that the ledgers of silos say is delivered was put by them, where none of them was lost.</summary>
    public static async Task AssertPutAsync(IEnumerable<SiloProcess> silos, string stream, StreamLedger ledger)
    {
        var put = 0L;
        foreach (var silo in silos)
            put += Sum(await PageAsync(silo), "put", stream);
        Assert.Equal(ledger.Delivered, put);
    }

    private static async Task<string[]> PageAsync(SiloProcess silo)
    {
        var (status, page) = await silo.GetAsync("/metrics");
        Assert.Equal(200, status);
        return page.Split('\n');
    }

    private static long Sum(IEnumerable<string> page, string what, string stream) => page
        .Where(l => l.StartsWith($"kpl_user_records_{what}_total{{stream=\"{stream}\"", StringComparison.Ordinal))
        .Sum(static l => long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
