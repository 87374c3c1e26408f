using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>Parses and answers records without producing them, for a bench of the calls alone.</summary>
internal sealed class CallsOnlyProducer : IPackedProducer
{
    private static readonly RecordResult Taken = RecordResult.Acknowledged(RecordStatus.Accepted);

    public ValueTask EnqueueAsync(string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options,
        CancellationToken cancellationToken = default)
    {
        var index = 0;
        foreach (var record in records)
        {
            if (record.Key.IsEmpty)
                throw new RecordValidationException(RecordErrorCodes.InvalidPartitionKey, "the partition key is empty");
            batch.End(index++, Taken);
        }

        batch.AllHandedOver();
        return ValueTask.CompletedTask;
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;
}
