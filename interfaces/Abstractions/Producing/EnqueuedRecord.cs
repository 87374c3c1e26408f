namespace Orleans.Kpl;

/// <summary>An accepted record, or a dropped one: then <see cref="Delivery"/> has already completed with that failure.</summary>
public readonly struct EnqueuedRecord
{
    /// <summary>Creates the handle from the task of the record's outcome.</summary>
    public EnqueuedRecord(Task<RecordResult> delivery) => Delivery = delivery;

    /// <summary>Completes exactly once, never with an exception. Discarding the task abandons nothing: the record continues.</summary>
    public Task<RecordResult> Delivery { get; }
}
