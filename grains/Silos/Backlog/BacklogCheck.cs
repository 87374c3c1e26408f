using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// If streams are set to use the backlog, checks its table at the start and reports any fault. Otherwise the table is opened with the first
/// put that needs it.
/// </summary>
internal sealed class BacklogCheck(KplOptions options, TimeProvider time, IWriterStores? stores = null)
{
    private bool IsUsed => options.ConfiguredStreams.Select(options.GetStream).Append(options)
        .Any(static s => s.AckLevel == AckLevel.Persisted || s.HighWaterMode == HighWaterMode.Spill);

    /// <exception cref="BacklogStoreException">The backlog cannot be used.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (stores is null || !IsUsed)
            return;
        await StartupRetry.RunAsync<BacklogStoreException>(
            () => stores.EnsureAsync(cancellationToken),
            static e => new($"Streams are set to use the backlog, which cannot be used: {e.Message}", e.IsFull, e), time, cancellationToken)
            .ConfigureAwait(false);
    }
}
