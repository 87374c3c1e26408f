using Orleans.Kpl.Administration;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>All silos of the cluster at a glance. A silo that does not answer soon is reported as silent, and does not delay the others.</summary>
/// <param name="cluster">The name of the cluster; null where it has none.</param>
/// <param name="links">The way to the silos.</param>
/// <param name="keepHistory">Begins to keep the last minutes of this silo's streams.</param>
internal sealed class ClusterView(string? cluster, ISiloLinks links, LiveSilos silos, Action keepHistory, TimeProvider time) : ITierView
{
    /// <summary>How long a silo may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public string? Cluster => cluster;

    public void KeepHistory() => keepHistory();

    /// <summary>Asks all silos, and adds those that this one lost lately.</summary>
    public async Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var asked = silos.Owners.Select(s => AskAsync(links, s, stream, stop.Token)).ToList();
        var reports = await Task.WhenAll(asked).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. reports, .. silos.Losses.Select(static l => ProcessReport.Lost(l.Silo.ToString(), l.At))];
    }

    /// <summary>Asks one silo. One that does not answer is silent.</summary>
    public static async Task<ProcessReport> AskAsync(ISiloLinks links, SiloId silo, string? stream, CancellationToken cancellationToken)
    {
        try
        {
            return await links.To(silo).ReportAsync(stream).Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return ProcessReport.Silent(silo.ToString());
        }
    }
}
