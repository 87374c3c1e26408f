using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>Who takes clients' records over in this silo.</summary>
internal interface IPackedProducer
{
    /// <summary>Accepts packed records, waiting for room; their ends go to the batch.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing was accepted.</exception>
    /// <exception cref="ObjectDisposedException">This silo is drained.</exception>
    ValueTask EnqueueAsync(string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default);

    /// <summary>Nothing that was accepted for the stream waits for company any more; completes when it has ended.</summary>
    Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default);
}
