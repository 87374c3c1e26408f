namespace Orleans.Kpl.Cli.Batches;

/// <summary>Puts batches with a producer in this process.</summary>
internal sealed class EmbeddedTarget(IKplProducer producer, string stream) : IBatchTarget
{
    public async Task SendAsync(RecordBatch batch)
    {
        var records = new UserRecord[batch.Count];
        for (var i = 0; i < records.Length; i++)
            records[i] = new UserRecord(batch.KeyOf(i), batch.DataOf(i));

        using var enqueued = await producer.EnqueueAsync(stream, records).ConfigureAwait(false);
        await enqueued.Delivery.ConfigureAwait(false);
        SetOutcomes(batch.Outcomes, enqueued.Results);
    }

    public ValueTask DisposeAsync() => producer.DisposeAsync();

    private static void SetOutcomes(Span<Outcome> outcomes, ReadOnlySpan<RecordResult> results)
    {
        for (var i = 0; i < outcomes.Length; i++)
        {
            ref readonly var result = ref results[i];
            var attempts = result.Attempts;
            outcomes[i] = new Outcome(
                result.IsSuccess, result.ShardId, result.SequenceNumber, result.ErrorCode, result.ErrorMessage,
                attempts.Count > 0 ? attempts[^1].EndedAt : null);
        }
    }
}
