using System.Collections;

namespace Orleans.Kpl;

/// <summary>A record that was accepted, or dropped: then <see cref="Delivery"/> has already completed with code <c>Dropped</c>.</summary>
public readonly struct EnqueuedRecord
{
    /// <summary>Creates the handle from the task of the record's outcome.</summary>
    public EnqueuedRecord(Task<RecordResult> delivery) => Delivery = delivery;

    /// <summary>
    /// Completes with the result once the record reaches the acknowledgement level of its put, or fails; never faults. If you discard the task, the record
    /// continues.
    /// </summary>
    public Task<RecordResult> Delivery { get; }
}

/// <summary>
/// A batch whose valid records were accepted. Once <see cref="Delivery"/> has completed, it is the list of their results, in the order of the records.
/// </summary>
/// <remarks>
/// Disposing the batch returns its memory to the producer, so that a steady flow of batches allocates nothing. It is optional, and does nothing before
/// <see cref="Delivery"/> has completed: the records continue. Afterwards the results
/// must not be read; neither may <see cref="RecordResult.Record"/> of a failed result, not even of a copy.
/// </remarks>
public abstract class EnqueuedBatch : IReadOnlyList<RecordResult>, IDisposable
{
    /// <summary>Completes when every record of the batch has its result. Never faults.</summary>
    public abstract Task<IReadOnlyList<RecordResult>> Delivery { get; }

    /// <summary>The results, without copying them.</summary>
    /// <exception cref="InvalidOperationException">Some record has not ended yet.</exception>
    public abstract ReadOnlySpan<RecordResult> Results { get; }

    /// <summary>The number of records in the batch.</summary>
    public abstract int Count { get; }

    /// <inheritdoc />
    public RecordResult this[int index] => Results[index];

    /// <inheritdoc />
    public IEnumerator<RecordResult> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return Results[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Returns the memory to the producer; see the remarks of the class.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the memory to the producer.</summary>
    protected abstract void Dispose(bool disposing);
}
