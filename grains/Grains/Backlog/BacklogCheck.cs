using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>
/// Where streams are set to use the backlog, what is wrong with its table is told at the start; else it is opened with the first put that asks for it.
/// </summary>
internal sealed class BacklogCheck(KplOptions options, TimeProvider time, IWriterStores? stores = null)
{
    private bool IsUsed => options.ConfiguredStreams.Select(options.GetStream).Append(options)
        .Any(static s => s.AckLevel == AckLevel.Persisted || s.HighWaterMode == HighWaterMode.Spill);

    /// <exception cref="KplOptionsException">It cannot be used.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (stores is null || !IsUsed)
            return;
        await StartupRetry.RunAsync<BacklogStoreException>(
            () => stores.EnsureAsync(cancellationToken), static e => $"Streams are set to use the backlog, which cannot be used: {e.Message}", time, cancellationToken).ConfigureAwait(false);
    }
}
