namespace Orleans.Kpl.Cli.Batches;

/// <summary>A target that batches are sent to. Many may be in flight at once.</summary>
internal interface IBatchTarget : IAsyncDisposable
{
    /// <summary>
    /// Starts sending a batch; completes when the next batch may follow. The returned inner task completes when the outcome of each record is
    /// set. Either fails with <see cref="Commands.CliException"/> only if no batch can be sent any more; the outcomes are set even then.
    /// </summary>
    ValueTask<Task> StartAsync(PutBatch batch);

    /// <summary>Sends at once what waits for more records: none follow. Completes when all records have their outcomes.</summary>
    Task FlushAsync() => Task.CompletedTask;
}
