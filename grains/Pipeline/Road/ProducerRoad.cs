namespace Orleans.Kpl.Pipeline.Road;

/// <summary>A producer as its records see it: it has the stream accept what is put, and waits for the outcome where the caller does.</summary>
internal abstract class ProducerRoad
{
    /// <summary>Has the stream of that name accept a record: see <see cref="StreamRoad"/>.</summary>
    public abstract ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Has the stream of that name accept a batch.</summary>
    public abstract ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default);

    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        var results = batch.Results.ToArray();
        // The record of a failed result is readable only until its batch is disposed.
        if (Array.TrueForAll(results, static r => r.IsSuccess))
            batch.Dispose();
        return results;
    }
}
