namespace Orleans.Kpl;

/// <summary>
/// A producer for synchronous callers. Every call blocks its thread, at most for the given time. Safe on any thread, including
/// thread-pool threads and threads with a <see cref="SynchronizationContext"/>.
/// </summary>
/// <remarks>
/// A time-out ends the call, but never an accepted record. Null means no time-out; a negative one other than <see cref="Timeout.InfiniteTimeSpan"/> throws
/// <see cref="ArgumentOutOfRangeException"/>.
/// </remarks>
public sealed class BlockingKplProducer : IDisposable
{
    private readonly Lock _lock = new();
    private Task? _disposing;

    /// <summary>Wraps a producer. Disposing this instance disposes the producer too.</summary>
    public BlockingKplProducer(IKplProducer producer)
    {
        ArgumentNullException.ThrowIfNull(producer);
        Producer = producer;
    }

    /// <summary>The wrapped producer, for its counters, its ledger and its failure event.</summary>
    public IKplProducer Producer { get; }

    /// <summary>Accepts one record, and blocks while the memory limit is reached or its shard is full.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="record">The record; copied before this returns.</param>
    /// <param name="timeout">How long to wait for memory or the shard; zero to try once.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <exception cref="RecordValidationException">Kinesis could never accept the record.</exception>
    /// <exception cref="RecordTimeoutException">The record was not accepted in time.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public BlockingRecord Enqueue(string stream, UserRecord record, TimeSpan? timeout = null, PutOptions? options = null) =>
        new(AwaitMemory(timeout, token => Producer.EnqueueAsync(stream, record, options, token)).Delivery);

    /// <summary>
    /// Accepts many records at once, and blocks while the memory limit is reached or a shard is full. Invalid records become failed results at their
    /// positions.
    /// </summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="records">The records; copied before this returns.</param>
    /// <param name="timeout">
    /// How long to wait for memory or shards. If part of the batch was accepted by then, the other records fail with code
    /// <c>Canceled</c> and the batch is returned.
    /// </param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <exception cref="RecordValidationException">The stream is neither a name nor an ARN.</exception>
    /// <exception cref="RecordTimeoutException">Nothing was accepted in time.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public EnqueuedBatch Enqueue(string stream, ReadOnlyMemory<UserRecord> records, TimeSpan? timeout = null, PutOptions? options = null) =>
        AwaitMemory(timeout, token => Producer.EnqueueAsync(stream, records, options, token));

    /// <summary>Accepts one record and blocks until it has ended.</summary>
    /// <param name="stream">A stream's name or ARN.</param>
    /// <param name="record">The record; copied before it is accepted.</param>
    /// <param name="timeout">How long to wait for memory and for the outcome together.</param>
    /// <param name="options">What this put asks for; null for the stream's settings.</param>
    /// <returns>The record's outcome; a failure is a result, not an exception.</returns>
    /// <exception cref="RecordValidationException">Kinesis could never accept the record.</exception>
    /// <exception cref="RecordTimeoutException">
    /// The record had not ended in time. The exception says whether the record was accepted; an accepted record continues.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public RecordResult Put(string stream, UserRecord record, TimeSpan? timeout = null, PutOptions? options = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        var accepted = Enqueue(stream, record, timeout, options);
        return accepted.TryWait(timeout is { } limit ? BlockingWait.Left(limit, started) : Timeout.InfiniteTimeSpan, out var result)
            ? result
            : throw new RecordTimeoutException(isAccepted: true, timeout!.Value);
    }

    /// <summary>Blocks until every record accepted before this call has ended. Skips the linger.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="stream">One stream, or null for all.</param>
    /// <returns>False when the time passed first. The records continue, and the producer stays usable.</returns>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public bool Flush(TimeSpan? timeout = null, string? stream = null)
    {
        BlockingWait.ThrowIfNegative(timeout);
        using var stop = new CancellationTokenSource();
        var flush = BlockingWait.Start(() => Producer.FlushAsync(stream, stop.Token));
        if (BlockingWait.TryWait(flush, timeout))
            return true;
        stop.Cancel();
        return false;
    }

    /// <summary>Stops accepting records and blocks until every accepted record has ended, at most for the producer's own <c>DrainTimeout</c>.</summary>
    public void Dispose() => Dispose(null);

    /// <summary>Stops accepting records and blocks until every accepted record has ended.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>False when the time passed first; draining then continues in the background, for the producer's own <c>DrainTimeout</c>.</returns>
    public bool Dispose(TimeSpan? timeout)
    {
        BlockingWait.ThrowIfNegative(timeout);
        Task disposing;
        lock (_lock)
            disposing = _disposing ??= BlockingWait.Start(() => Producer.DisposeAsync().AsTask());
        return BlockingWait.TryWait(disposing, timeout);
    }

    private static T AwaitMemory<T>(TimeSpan? timeout, Func<CancellationToken, ValueTask<T>> enqueue)
    {
        BlockingWait.ThrowIfNegative(timeout);
        using var stop = timeout is null ? null : new CancellationTokenSource();
        var accepted = BlockingWait.Start(() => enqueue(stop?.Token ?? CancellationToken.None).AsTask());
        if (BlockingWait.TryWait(accepted, timeout))
            return accepted.Result;

        // The record may have been accepted meanwhile: after the cancellation, the task says which.
        stop!.Cancel();
        try
        {
            BlockingWait.TryWait(accepted, null);
            return accepted.Result;
        }
        catch (OperationCanceledException)
        {
            throw new RecordTimeoutException(isAccepted: false, timeout!.Value);
        }
    }
}
