using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>
/// Where streams are set to use the backlog, what is wrong with its table is told at the start; else it is opened with the first put that asks for it.
/// </summary>
internal sealed class BacklogCheck(KplOptions options, TimeProvider time, IWriterStores? stores = null)
{
    private const int MaxTries = 5;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private bool IsUsed => options.ConfiguredStreams.Select(options.GetStream).Append(options)
        .Any(static s => s.AckLevel == AckLevel.Persisted || s.HighWaterMode == HighWaterMode.Spill);

    /// <exception cref="KplOptionsException">It cannot be used.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (stores is null || !IsUsed)
            return;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await stores.EnsureAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (BacklogStoreException e)
            {
                if (tries == MaxTries)
                    throw new KplOptionsException([$"Streams are set to use the backlog, which cannot be used: {e.Message}"]);
            }

            await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
