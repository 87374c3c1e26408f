namespace Orleans.Kpl.Cli.Batches;

/// <summary>Where batches go. Many may be on their way at once.</summary>
internal interface IBatchTarget : IAsyncDisposable
{
    /// <summary>
    /// Starts sending a batch; completes when the next may follow. The task it gives back completes when the outcome of each
    /// record is set. Either fails with <see cref="Commands.CliException"/> only where nothing more can be sent at all; the
    /// outcomes are set even then.
    /// </summary>
    ValueTask<Task> StartAsync(PutBatch batch);
}
