namespace Orleans.Kpl.Cli.Batches;

/// <summary>Puts batches with a producer in this process, in the order they are sent.</summary>
internal sealed class EmbeddedTarget(IKplProducer producer, string stream) : IBatchTarget
{
    private readonly UserRecord[] _records = new UserRecord[PutBatch.MaxRecords];

    public async ValueTask<Task> StartAsync(PutBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
            _records[i] = new UserRecord(batch.KeyOf(i), batch.DataOf(i), batch.HashKeyOf(i));

        var enqueued = await producer.EnqueueAsync(stream, _records.AsMemory(0, batch.Count)).ConfigureAwait(false);
        return EndAsync(batch, enqueued);
    }

    /// <summary>The last records do not wait for their linger.</summary>
    public Task FlushAsync() => producer.FlushAsync(stream);

    public ValueTask DisposeAsync() => producer.DisposeAsync();

    private static async Task EndAsync(PutBatch batch, EnqueuedBatch enqueued)
    {
        using (enqueued)
        {
            await enqueued.Delivery.ConfigureAwait(false);
            SetOutcomes(batch.Outcomes, enqueued.Results);
        }
    }

    private static void SetOutcomes(Span<PutOutcome> outcomes, ReadOnlySpan<RecordResult> results)
    {
        for (var i = 0; i < outcomes.Length; i++)
        {
            ref readonly var result = ref results[i];
            var attempts = result.Attempts;
            outcomes[i] = new PutOutcome(
                result.IsSuccess && result.Status != RecordStatus.Persisted, result.ShardId, result.SequenceNumber, result.ErrorCode, result.ErrorMessage,
                attempts.Count > 0 ? attempts[^1].EndedAt : null, result.Status == RecordStatus.Persisted);
        }
    }
}
