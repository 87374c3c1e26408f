namespace Orleans.Kpl.Administration;

/// <summary>All processes of a tier at a glance. Asks no service: only the processes themselves, in their memory.</summary>
internal interface ITierView
{
    /// <summary>The name of the cluster; null for a process by itself.</summary>
    string? Cluster => null;

    /// <summary>Keeps the last minutes of this process' streams from now on, for those who look later.</summary>
    void KeepHistory()
    {
    }

    /// <summary>Asks every process.</summary>
    /// <param name="stream">The stream whose shards are told too; null for none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<ProcessReport>> ReportAsync(string? stream, CancellationToken cancellationToken);
}
