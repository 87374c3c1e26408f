using Orleans.Kpl.Administration;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>All silos of the cluster at a glance. A silo that does not answer soon is told as silent, and holds up no other.</summary>
internal sealed class ClusterView(ISiloLinks links, LiveSilos silos, TimeProvider time) : ITierView
{
    /// <summary>How long a silo may take to answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var asked = silos.Owners.Select(s => AskAsync(links, s, stream, stop.Token)).ToList();
        var reports = await Task.WhenAll(asked).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return reports;
    }

    /// <summary>Asks one silo. One that does not answer, or is of an older version that cannot, is silent.</summary>
    public static async Task<ProcessReport> AskAsync(ISiloLinks links, SiloId silo, string? stream, CancellationToken cancellationToken)
    {
        try
        {
            return await links.To(silo).ReportAsync(stream).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            return ProcessReport.Silent(silo.ToString());
        }
    }
}
