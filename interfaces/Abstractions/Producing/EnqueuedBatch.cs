using System.Collections;

namespace Orleans.Kpl;

/// <summary>
/// A batch whose valid records were accepted. It is the list of its results, in the order of the records, once
/// <see cref="Delivery"/> has completed.
/// </summary>
/// <remarks>
/// Disposing it gives its memory back to the producer, so that a steady flow of batches allocates nothing; it is
/// optional, allowed only after <see cref="Delivery"/> has completed, and the results
/// must not be read afterwards; <see cref="RecordResult.Record"/> of a failed one not even of a copy.
/// </remarks>
public abstract class EnqueuedBatch : IReadOnlyList<RecordResult>, IDisposable
{
    /// <summary>Completes when every record of the batch has ended. Never faults.</summary>
    public abstract Task<IReadOnlyList<RecordResult>> Delivery { get; }

    /// <summary>The results without a copy.</summary>
    /// <exception cref="InvalidOperationException">Not every record has ended.</exception>
    public abstract ReadOnlySpan<RecordResult> Results { get; }

    /// <summary>How many records the batch has.</summary>
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

    /// <summary>Gives the memory back; see the remarks of the class.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
