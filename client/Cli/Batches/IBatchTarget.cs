namespace Orleans.Kpl.Cli.Batches;

/// <summary>Where batches go. Many may be on their way at once.</summary>
internal interface IBatchTarget : IAsyncDisposable
{
    /// <summary>
    /// Sends a batch and sets the outcome of each record. Throws <see cref="Commands.CliException"/> only where nothing
    /// more can be sent at all; the outcomes are set even then.
    /// </summary>
    Task SendAsync(RecordBatch batch);
}
