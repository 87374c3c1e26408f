using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.ClusterBench;

/// <summary>
/// Spreads the records of each batch over many producers of this process, one after the other, as so many small clients would put them: record by record.
/// </summary>
internal sealed class ManyClientsTarget(IReadOnlyList<IKplProducer> producers, string stream) : IBatchTarget
{
    private int _next;

    public async ValueTask<Task> StartAsync(PutBatch batch)
    {
        var deliveries = new Task<RecordResult>[batch.Records.Length];
        for (var i = 0; i < deliveries.Length; i++)
        {
            deliveries[i] = (await producers[_next].EnqueueAsync(stream, batch.Records.Span[i]).ConfigureAwait(false)).Delivery;
            _next = (_next + 1) % producers.Count;
        }

        return EndAsync(batch, deliveries);
    }

    public Task FlushAsync() => Task.WhenAll(producers.Select(p => p.FlushAsync(stream)));

    public async ValueTask DisposeAsync()
    {
        foreach (var producer in producers)
            await producer.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task EndAsync(PutBatch batch, Task<RecordResult>[] deliveries)
    {
        var results = await Task.WhenAll(deliveries).ConfigureAwait(false);
        for (var i = 0; i < results.Length; i++)
            batch.Outcomes[i] = EmbeddedTarget.OutcomeOf(results[i]);
    }
}
