using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>Accepts clients' packed records in this silo.</summary>
internal interface IPackedProducer
{
    /// <summary>Accepts packed records and waits for memory if needed; their outcomes go to the batch.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for memory; nothing was accepted.</exception>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    ValueTask EnqueueAsync(string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default);

    /// <summary>Ends the linger of the stream's accepted records; completes when they have their outcomes.</summary>
    Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default);
}
