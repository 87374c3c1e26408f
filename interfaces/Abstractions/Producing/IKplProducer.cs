namespace Orleans.Kpl;

/// <summary>
/// Puts records into Kinesis streams: aggregated, within each shard's limits, retried, with one end for each record.
/// Safe from any thread. Streams come to life on first use.
/// </summary>
/// <remarks>
/// Two stages can be awaited. <c>EnqueueAsync</c> completes when the record is accepted: back-pressure is here, as latency.
/// What it returns carries <c>Delivery</c>, which completes when the record has ended. <c>PutAsync</c> does both.
/// Cancelling ends only the waiting for room, never a record that was accepted.
/// After disposing, every call throws <see cref="ObjectDisposedException"/>.
/// </remarks>
public interface IKplProducer : IAsyncDisposable
{
    /// <summary>Records accepted that have not ended, over all streams.</summary>
    long OutstandingRecords { get; }

    /// <summary>What those records are charged, in bytes: data + keys + 160 each.</summary>
    long OutstandingBytes { get; }

    /// <summary>Age of the oldest record that has not ended; zero when there is none.</summary>
    TimeSpan OldestRecordAge { get; }

    /// <summary>
    /// Raised for each accepted record that ended without success, on a thread of its own and in order, so that a slow
    /// handler delays no record. At most 10,000 wait to be told; further ones are counted and logged, not told.
    /// </summary>
    event Action<RecordFailure>? RecordFailed;

    /// <summary>Accepts one record, waiting for room if need be.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="record">The record; copied before this completes.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <param name="cancellationToken">Ends the waiting for room.</param>
    /// <exception cref="RecordValidationException">The record could never be taken.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; the record was not accepted.</exception>
    ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Accepts many records at once: the fast way. Invalid records are failed results in their places.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="records">The records; copied before this completes.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting for room. Where part of the batch was already accepted, the rest ends as failed with code
    /// <c>Canceled</c> and the batch is returned.
    /// </param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing was accepted.</exception>
    ValueTask<EnqueuedBatch> EnqueueAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Accepts one record and waits for its end.</summary>
    /// <inheritdoc cref="EnqueueAsync(string, UserRecord, PutOptions?, CancellationToken)"/>
    ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Accepts many records and waits for all their ends, in the order of the records.</summary>
    /// <inheritdoc cref="EnqueueAsync(string, ReadOnlyMemory{UserRecord}, PutOptions?, CancellationToken)"/>
    ValueTask<RecordResult[]> PutAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// A barrier: completes when every record accepted before it has ended. Skips the linger; records accepted later do
    /// not delay it.
    /// </summary>
    /// <param name="stream">One stream, or null for all.</param>
    /// <param name="cancellationToken">Ends the waiting, nothing else.</param>
    Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default);

    /// <summary>The books of one stream; all zero for one that was never used.</summary>
    StreamLedger GetLedger(string stream);
}
