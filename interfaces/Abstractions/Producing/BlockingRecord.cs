namespace Orleans.Kpl;

/// <summary>A record that was accepted through <see cref="BlockingKplProducer"/>. Safe from any thread.</summary>
public sealed class BlockingRecord
{
    private readonly Lock _lock = new();
    private Task<RecordResult>? _delivery;
    private CancellationTokenSource? _abandoned;

    internal BlockingRecord(Task<RecordResult> delivery) => _delivery = delivery;

    /// <summary>True when the record has ended, so that a wait returns at once. False after <see cref="Abandon"/>.</summary>
    public bool HasEnded => Volatile.Read(ref _delivery) is { IsCompleted: true };

    /// <summary>Blocks until the record has ended.</summary>
    /// <param name="timeout">How long to wait; null for no limit, zero to check without waiting.</param>
    /// <returns>The record's outcome; a failure is a result, not an exception.</returns>
    /// <exception cref="RecordTimeoutException">The time passed first. The record continues, and a caller can wait for it again.</exception>
    /// <exception cref="OperationCanceledException">The record was abandoned, before or during the wait.</exception>
    public RecordResult Wait(TimeSpan? timeout = null) =>
        TryWait(timeout ?? Timeout.InfiniteTimeSpan, out var result) ? result : throw new RecordTimeoutException(isAccepted: true, timeout!.Value);

    /// <summary>Blocks until the record has ended.</summary>
    /// <param name="timeout">How long to wait; zero to check without waiting.</param>
    /// <param name="result">The record's outcome.</param>
    /// <returns>False when the time passed first. The record continues, and a caller can wait for it again.</returns>
    /// <exception cref="OperationCanceledException">The record was abandoned, before or during the wait.</exception>
    public bool TryWait(TimeSpan timeout, out RecordResult result)
    {
        BlockingWait.ThrowIfNegative(timeout);
        Task<RecordResult> delivery;
        var abandoned = CancellationToken.None;
        lock (_lock)
        {
            delivery = _delivery ?? throw new OperationCanceledException("the record was abandoned");
            if (!delivery.IsCompleted)
                abandoned = (_abandoned ??= new CancellationTokenSource()).Token;
        }

        var hasEnded = BlockingWait.TryWait(delivery, timeout, abandoned);
        result = hasEnded ? delivery.Result : default;
        return hasEnded;
    }

    /// <summary>Abandons the record: waiting callers are released, and this object does not keep the outcome. The record itself continues.</summary>
    public void Abandon()
    {
        CancellationTokenSource? abandoned;
        lock (_lock)
        {
            _delivery = null;
            (abandoned, _abandoned) = (_abandoned, null);
        }

        abandoned?.Cancel();
    }
}
