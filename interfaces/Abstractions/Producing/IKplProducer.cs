namespace Orleans.Kpl;

/// <summary>
/// Puts records into Kinesis streams: aggregated, within each shard's limits, with retries and exactly one outcome for each record.
/// Safe on any thread. A stream is set up on first use.
/// </summary>
/// <remarks>
/// A caller can await two stages. <c>EnqueueAsync</c> completes when the record is accepted; back-pressure appears here, as latency. Its result carries
/// <c>Delivery</c>, which completes when the record has its result. <c>PutAsync</c> does both. Cancelling ends only the wait for memory or for a full
/// shard; <c>PutAsync</c> still waits for the outcome of an accepted record. After disposing, puts and flushes throw <see cref="ObjectDisposedException"/>;
/// counters, health and ledgers can be read.
/// </remarks>
public interface IKplProducer : IAsyncDisposable
{
    /// <summary>The number of accepted records in memory that have not ended, over all streams. Records that are only in the backlog are not counted.</summary>
    long OutstandingRecords { get; }

    /// <summary>The memory charged for the outstanding records, in bytes: data + keys + 160 each.</summary>
    long OutstandingBytes { get; }

    /// <summary>The age of the oldest record that has not ended; zero when there is none.</summary>
    TimeSpan OldestRecordAge { get; }

    /// <summary>
    /// The health of the connection to Kinesis, and the records that failed lately. The default implementation reports only the age of the oldest record.
    /// </summary>
    KplHealth Health => new() { OldestRecordAge = OutstandingRecords == 0 ? null : OldestRecordAge };

    /// <summary>
    /// Raised for each accepted record that ended without success, in order and on a thread of its own, so that a slow handler delays
    /// no record. At most 10,000 failures, with 32 MiB of data, wait for the handler; further ones are counted and logged, but
    /// not raised.
    /// A handler that throws affects no record, and is told in the log alone. A handler must not dispose the producer itself: the disposal
    /// would wait for the handler, until <c>DrainTimeout</c> is over.
    /// </summary>
    event Action<RecordFailure>? RecordFailed;

    /// <summary>Accepts one record; waits while the memory limit is reached or its shard is full.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="record">The record; copied before this completes.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <param name="cancellationToken">
    /// Cancels the put until the record is accepted, above all the wait for memory; an accepted record is sent all the same. If you give no options, pass
    /// it by name: <c>cancellationToken: token</c>.
    /// </param>
    /// <exception cref="RecordValidationException">Kinesis could never accept the record.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the record was accepted.</exception>
    /// <exception cref="NotSupportedException">The options ask for <see cref="AckLevel.Persisted"/>, and there is no backlog.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="PutOptions.TimeToLive"/> is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The producer is disposed.</exception>
    ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Accepts many records at once: the fast way. Invalid records become failed results at their positions.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="records">The records; copied before this completes.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <param name="cancellationToken">
    /// Cancels the put until the records are accepted, above all the wait for memory. If part of the batch was already accepted, the other records fail
    /// with code <c>Canceled</c> (<c>Shutdown</c> if the producer is disposed meanwhile) and the batch is returned. If you give no options, pass it by
    /// name: <c>cancellationToken: token</c>.
    /// </param>
    /// <exception cref="RecordValidationException">The stream is neither a name nor an ARN.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before anything was accepted.</exception>
    /// <exception cref="NotSupportedException">The options ask for <see cref="AckLevel.Persisted"/>, and there is no backlog.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="PutOptions.TimeToLive"/> is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The producer is disposed.</exception>
    ValueTask<EnqueuedBatch> EnqueueAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Accepts one record and waits for its outcome.</summary>
    /// <inheritdoc cref="EnqueueAsync(string, UserRecord, PutOptions?, CancellationToken)"/>
    ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Accepts many records and waits for all their outcomes, in the order of the records.</summary>
    /// <inheritdoc cref="EnqueueAsync(string, ReadOnlyMemory{UserRecord}, PutOptions?, CancellationToken)"/>
    ValueTask<RecordResult[]> PutAsync(string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Acts as a barrier: completes when every record accepted before this call has ended. Skips the linger. Records accepted later do not delay it.
    /// </summary>
    /// <param name="stream">One stream, or null for all.</param>
    /// <param name="cancellationToken">Cancels the wait and nothing else.</param>
    Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default);

    /// <summary>Returns the ledger of one stream; all zero for a stream that was never used.</summary>
    StreamLedger GetLedger(string stream);
}

/// <summary>Describes a record that ended without success. It carries the record, so that a handler can put it elsewhere.</summary>
public sealed record RecordFailure
{
    /// <summary>The stream that the record was put to.</summary>
    public required string Stream { get; init; }

    /// <summary>The record.</summary>
    public required UserRecord Record { get; init; }

    /// <summary>The record's outcome, with the reason and every attempt.</summary>
    public required RecordResult Result { get; init; }
}
