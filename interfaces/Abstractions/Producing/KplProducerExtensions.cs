namespace Orleans.Kpl;

/// <summary>Puts records from any sequence.</summary>
/// <remarks>
/// A sequence is read once, before the first record is accepted. Arrays are not copied. Lists and other sequences are first copied to an array, without
/// keys and data. An asynchronous sequence is read as its results are read.
/// </remarks>
public static class KplProducerExtensions
{
    /// <summary>Accepts many records at once. Invalid records become failed results at their positions.</summary>
    /// <inheritdoc cref="IKplProducer.EnqueueAsync(string, ReadOnlyMemory{UserRecord}, PutOptions?, CancellationToken)"/>
    public static ValueTask<EnqueuedBatch> EnqueueAsync(
        this IKplProducer producer, string stream, IEnumerable<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.EnqueueAsync(stream, AsMemory(records), options, cancellationToken);
    }

    /// <summary>Accepts many records and waits for all their outcomes, in the order of the records.</summary>
    /// <inheritdoc cref="IKplProducer.EnqueueAsync(string, ReadOnlyMemory{UserRecord}, PutOptions?, CancellationToken)"/>
    public static ValueTask<RecordResult[]> PutAsync(
        this IKplProducer producer, string stream, IEnumerable<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.PutAsync(stream, AsMemory(records), options, cancellationToken);
    }

    /// <summary>
    /// Puts a sequence that may be long or endless, and returns the results in the order of its records. Nothing is read before the
    /// results are: enumerate them with <c>await foreach</c>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The sequence is read while the results are, at most 50,000 records ahead of the last result that was read. Records that are there
    /// at once are accepted together, so a record's memory must stay as it is until its result. The producer's own memory limit holds too,
    /// so a sequence that is faster than its stream waits.
    /// </para>
    /// <para>
    /// What was accepted always ends in the producer. When the token is cancelled, or when the sequence throws, no more is accepted. The results of all
    /// accepted records still come, in order, and then the exception. A record without a result was not accepted. Nor was one whose result has code
    /// <c>Canceled</c>: it waited for memory when others of its batch had been accepted. Leaving the loop early stops at once, and gives up the results
    /// that were not read, but no accepted record.
    /// </para>
    /// </remarks>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="records">The records; enumerated once for each enumeration of the results. Invalid ones become failed results.</param>
    /// <param name="options">What these puts ask for; null for the stream's settings.</param>
    /// <param name="cancellationToken">Stops the reading of the sequence, to which it is passed too, and the wait for memory.</param>
    /// <exception cref="OperationCanceledException">Cancelled; thrown after the results of all accepted records.</exception>
    public static IAsyncEnumerable<RecordResult> PutAsync(
        this IKplProducer producer, string stream, IAsyncEnumerable<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(records);
        return SequencePut.RunAsync(producer, stream, records, options, cancellationToken);
    }

    /// <summary>
    /// Accepts many records at once, and blocks while the memory limit is reached or a shard is full. Invalid records become failed results at their
    /// positions.
    /// </summary>
    /// <inheritdoc cref="BlockingKplProducer.Enqueue(string, ReadOnlyMemory{UserRecord}, TimeSpan?, PutOptions?)"/>
    public static EnqueuedBatch Enqueue(
        this BlockingKplProducer producer, string stream, IEnumerable<UserRecord> records, TimeSpan? timeout = null, PutOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.Enqueue(stream, AsMemory(records), timeout, options);
    }

    private static ReadOnlyMemory<UserRecord> AsMemory(IEnumerable<UserRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        return records switch
        {
            UserRecord[] array => array,
            ArraySegment<UserRecord> segment => segment,
            _ => records.ToArray(),
        };
    }
}
