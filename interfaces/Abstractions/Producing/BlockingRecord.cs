namespace Orleans.Kpl;

/// <summary>A record that was accepted through <see cref="BlockingKplProducer"/>. Safe from any thread.</summary>
public sealed class BlockingRecord
{
    private readonly Lock _lock = new();
    private Task<RecordResult>? _delivery;
    private CancellationTokenSource? _abandoned;

    internal BlockingRecord(Task<RecordResult> delivery) => _delivery = delivery;

    /// <summary>True when the record has ended: a wait returns at once. False after <see cref="Abandon"/>.</summary>
    public bool HasEnded => Volatile.Read(ref _delivery) is { IsCompleted: true };

    /// <summary>Blocks until the record has ended.</summary>
    /// <param name="timeout">How long; null for no limit, zero to only look.</param>
    /// <returns>The record's end; a failure is a result, not an exception.</returns>
    /// <exception cref="RecordTimeoutException">The time passed first. The record goes on; it can be waited for again.</exception>
    /// <exception cref="OperationCanceledException">The record was abandoned, before or meanwhile.</exception>
    public RecordResult Wait(TimeSpan? timeout = null) =>
        TryWait(timeout ?? Timeout.InfiniteTimeSpan, out var result) ? result : throw new RecordTimeoutException(isAccepted: true, timeout!.Value);

    /// <summary>Blocks until the record has ended.</summary>
    /// <param name="timeout">How long; zero to only look.</param>
    /// <param name="result">The record's end.</param>
    /// <returns>False when the time passed first. The record goes on; it can be waited for again.</returns>
    /// <exception cref="OperationCanceledException">The record was abandoned, before or meanwhile.</exception>
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

    /// <summary>Lets go of the record: whoever waits for it stops, and its end is not kept here. The record itself goes on.</summary>
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
