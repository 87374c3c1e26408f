using System.Diagnostics.CodeAnalysis;
using Orleans.Kpl.Pipeline.Road.Accepting;

namespace Orleans.Kpl.Pipeline.Road;

/// <summary>
/// A producer as its records see it: it finds the stream, has the stream accept what is put, and waits for the outcome where the caller does.
/// </summary>
/// <typeparam name="TStream">A stream of this producer. It is created at its first use.</typeparam>
internal class ProducerRoad<
    // The use of Lazy requires this in a trimmed program; no stream is created through that constructor.
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>
    where TStream : class, IProducerStream
{
    /// <param name="newTable">Makes the table of this producer's streams.</param>
    protected ProducerRoad(Func<ProducerRoad<TStream>, StreamTable<TStream>> newTable) => Table = newTable(this);

    /// <summary>The streams.</summary>
    protected StreamTable<TStream> Table { get; }

    public virtual ValueTask<EnqueuedRecord> EnqueueAsync(
        string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(options);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<EnqueuedRecord>(cancellationToken)
            : Table.EnqueueAsync(stream, record, options, cancellationToken);
    }

    public virtual ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        Check(options);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<EnqueuedBatch>(cancellationToken)
            : Table.EnqueueAsync(stream, records, options, cancellationToken);
    }

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

    /// <summary>Throws where a put cannot be carried out with these options.</summary>
    protected virtual void Check(PutOptions? options) => PutOptionsValidator.Check(options, hasBacklog: false);
}
