namespace Orleans.Kpl;

/// <summary>A record that was accepted (or dropped: then <see cref="Delivery"/> has already ended so).</summary>
public readonly struct EnqueuedRecord
{
    /// <summary>Makes the handle from the task of the record's end.</summary>
    public EnqueuedRecord(Task<RecordResult> delivery) => Delivery = delivery;

    /// <summary>Ends exactly once, never in an exception. Letting go of it abandons nothing: the record goes on.</summary>
    public Task<RecordResult> Delivery { get; }
}
