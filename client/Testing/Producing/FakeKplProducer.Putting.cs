using System.Runtime.ExceptionServices;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Testing;

// The part that the program under test sees.
public sealed partial class FakeKplProducer
{
    private enum Admitted
    {
        Accepted,
        Spilled,
        Dropped,
    }

    /// <inheritdoc cref="IKplProducer.RecordFailed"/>
    public event Action<RecordFailure>? RecordFailed;

    /// <inheritdoc />
    public long OutstandingRecords => Locked(() => _open.Count);

    /// <inheritdoc />
    public long OutstandingBytes => Locked(() => _open.Sum(static r => r.Charge));

    /// <inheritdoc />
    public TimeSpan OldestRecordAge => Locked(() => _open.First is { } oldest ? _time.GetElapsedTime(oldest.Value.AcceptedAt) : TimeSpan.Zero);

    /// <inheritdoc />
    public async ValueTask<EnqueuedRecord> EnqueueAsync(string stream, UserRecord record, PutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var found = Check(stream, options, cancellationToken);
        if (found.Refuse(record) is { } refusal)
            throw refusal;
        var admission = await AdmitAsync(found, options, cancellationToken).ConfigureAwait(false);
        if (admission == Admitted.Dropped)
            return Refusal.MemoryFull.Refuse(record);
        var accepted = NewRecord(found, record, options, admission);
        Accept(found, [accepted]);
        return new EnqueuedRecord(accepted.Delivery);
    }

    /// <inheritdoc />
    public async ValueTask<EnqueuedBatch> EnqueueAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var found = Check(stream, options, cancellationToken);
        // Records that are refused need no memory.
        var admission = records.ToArray().Any(r => found.Refuse(r) is null)
            ? await AdmitAsync(found, options, cancellationToken).ConfigureAwait(false) : Admitted.Accepted;
        var deliveries = new Task<RecordResult>[records.Length];
        var accepted = new List<FakeRecord>(records.Length);
        for (var i = 0; i < deliveries.Length; i++)
        {
            var record = records.Span[i];
            if (found.Refuse(record) is { } refusal)
                deliveries[i] = Task.FromResult(RecordResult.NotDelivered(RecordStatus.Failed, refusal.Code, refusal.Message, record));
            else if (admission == Admitted.Dropped)
                deliveries[i] = Refusal.MemoryFull.Refuse(record).Delivery;
            else
                accepted.Add(NewRecord(found, record, options, admission));
        }

        Accept(found, accepted);
        var batch = new BatchOutcome(deliveries.Length);
        for (int i = 0, next = 0; i < deliveries.Length; i++)
            _ = EndAsync(batch, i, deliveries[i] ?? accepted[next++].Delivery);
        batch.AllHandedOver();
        return batch;
    }

    /// <inheritdoc />
    public async ValueTask<RecordResult> PutAsync(string stream, UserRecord record, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        var enqueued = await EnqueueAsync(stream, record, options, cancellationToken).ConfigureAwait(false);
        return await enqueued.Delivery.ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<RecordResult[]> PutAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var batch = await EnqueueAsync(stream, records, options, cancellationToken).ConfigureAwait(false);
        await batch.Delivery.ConfigureAwait(false);
        return batch.Results.ToArray();
    }

    /// <inheritdoc />
    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default)
    {
        Task[] open;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKplProducer));
            _flushes.Add(stream);
            open = [.. _open.Concat(_ending).Where(r => stream is null || r.Stream == stream).Select(static r => r.Ended)];
        }

        return Task.WhenAll(open).WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public StreamLedger GetLedger(string stream) => Locked(() => _streams.TryGetValue(stream, out var found) ? found.Ledger : default);

    /// <summary>
    /// Stops accepting. Records that are held fail with code <c>Shutdown</c>, as if the drain limit had passed, and puts that wait for memory throw
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        List<FakeRecord> held;
        lock (_lock)
        {
            _isDisposed = true;
            held = [.. _open.Where(static r => r.IsHeld)];
            Signal();
        }

        EndAll(held, FakeAnswer.Failed(RecordErrorCodes.Shutdown, "the producer was disposed while the fake held the record") with { Attempts = 0 });
        return default;
    }

    /// <summary>Checks what needs no record, in the order of a real producer.</summary>
    private FakeStream Check(string stream, PutOptions? options, CancellationToken cancellationToken)
    {
        PutOptionsValidator.Check(options, hasBacklog: _options.Backlog.Directory is not null);
        if (cancellationToken.IsCancellationRequested)
            throw new TaskCanceledException(Task.FromCanceled(cancellationToken));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKplProducer));
            StreamName.Check(stream);
            if (!_streams.TryGetValue(stream, out var found))
                _streams.Add(stream, found = new FakeStream(stream, _options.GetStream(stream), MaxRecordSize));
            return found;
        }
    }

    /// <summary>Waits for memory, where the high-water mode says so.</summary>
    private async ValueTask<Admitted> AdmitAsync(FakeStream stream, PutOptions? options, CancellationToken cancellationToken)
    {
        var maySpill = options is not { NeverSpills: true } || (options.AckLevel ?? stream.Options.AckLevel) == AckLevel.Persisted;
        // One timer for the whole wait: a rest that each turn computes and arms anew is too long where the test's clock advances between.
        using var limit = new CancellationTokenSource(options?.AcceptTimeout ?? Timeout.InfiniteTimeSpan, _time);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKplProducer));
                if (!_isFull)
                    return Admitted.Accepted;
                if (stream.Options.HighWaterMode == HighWaterMode.Drop)
                    return Admitted.Dropped;
                if (stream.Options.HighWaterMode == HighWaterMode.Spill && maySpill)
                    return Admitted.Spilled;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(cancellationToken).WaitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                // The routes of HTTP answer 429 then.
                throw new AcceptTimeoutException(e);
            }
        }
    }

    private FakeRecord NewRecord(FakeStream stream, in UserRecord record, PutOptions? options, Admitted admission)
    {
        var accepted = new FakeRecord(stream.Name, record, options, options?.AckLevel ?? stream.Options.AckLevel)
        {
            Charge = FakeStream.ChargeOf(record),
            AcceptedAt = _time.GetTimestamp(),
            StartedAt = _time.GetUtcNow(),
        };
        // The test's own code runs without the lock.
        accepted.Answer = admission == Admitted.Spilled ? FakeAnswer.Persisted : NextAnswer() ?? Answer(accepted);
        return accepted;
    }

    private FakeAnswer? NextAnswer()
    {
        lock (_lock)
            return _nextAnswers.TryDequeue(out var next) ? next : null;
    }

    private void Accept(FakeStream stream, List<FakeRecord> records)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IKplProducer));
            foreach (var record in records)
            {
                record.IsHeld = _isHolding || record.Answer.IsHeld;
                record.Open = _open.AddLast(record);
                stream.Accepted();
            }

            _records.AddRange(records);
            Signal();
        }

        EndAll(records.Where(static r => !r.IsHeld));
    }

    /// <summary>Ends records, as their answers say or all alike. Where handlers throw all end too, and the test sees the first exception.</summary>
    /// <returns>How many ended.</returns>
    private int EndAll(IEnumerable<FakeRecord> records, FakeAnswer? answer = null)
    {
        var ended = 0;
        ExceptionDispatchInfo? thrown = null;
        foreach (var record in records)
        {
            try
            {
                if (End(record, answer ?? record.Answer))
                    ended++;
            }
            catch (Exception e)
            {
                thrown ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        thrown?.Throw();
        return ended;
    }

    /// <summary>Ends a record; false where another thread does, or did.</summary>
    private bool End(FakeRecord record, FakeAnswer answer)
    {
        RecordResult result;
        lock (_lock)
        {
            if (record.Open is not { } open)
                return false;
            _open.Remove(open);
            record.Open = null;
            _ending.Add(record);
            _streams[record.Stream].Ended(answer.Status);
            result = FakeResults.Of(record, answer, ++_sequenceNumber, _time.GetUtcNow());
        }

        try
        {
            if (!result.IsSuccess)
                RecordFailed?.Invoke(new RecordFailure { Stream = record.Stream, Record = record.Record, Result = result });
        }
        finally
        {
            record.End(result);
            lock (_lock)
                _ending.Remove(record);
        }

        return true;
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
            return read();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static async Task EndAsync(BatchOutcome batch, int index, Task<RecordResult> delivery) =>
        batch.End(index, await delivery.ConfigureAwait(false));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
