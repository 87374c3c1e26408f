using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Cli.Batches;

/// <summary>Puts batches with a producer in this process, in the order they are sent.</summary>
/// <param name="stream">The stream's name or ARN.</param>
/// <param name="isWhole">
/// Whether a batch that was delivered whole keeps its results and gets no outcomes: nobody looks at each of its records.
/// </param>
/// <param name="ack">When records count as done; null for what the stream's settings say.</param>
/// <param name="routing">How records find their shards; null for what the stream's settings say.</param>
internal sealed class EmbeddedTarget(
    IKplProducer producer, string stream, bool isWhole = false, AckLevel? ack = null, RoutingMode? routing = null) : IBatchTarget
{
    private readonly PutOptions _options = new() { AckLevel = ack, Routing = routing };

    public async ValueTask<Task> StartAsync(PutBatch batch)
    {
        try
        {
            return EndAsync(batch, await producer.EnqueueAsync(stream, batch.Records, _options).ConfigureAwait(false));
        }
        catch (NotSupportedException exception)
        {
            batch.FailTheRest(RecordErrorCodes.NotSupported, exception.Message);
            throw CliException.BadArguments(exception.Message);
        }
    }

    /// <summary>The last records do not wait for their linger.</summary>
    public Task FlushAsync() => producer.FlushAsync(stream);

    public Task<string?> FindTroubleAsync()
    {
        // Without its records: who asks tells how many wait.
        var condition = ConditionRules.Judge(producer.Health, TimeProvider.System.GetUtcNow(), outstanding: null);
        return Task.FromResult(condition.Severity == ConditionSeverity.Well ? null : condition.Sentence);
    }

    public ValueTask DisposeAsync() => producer.DisposeAsync();

    /// <summary>Returns a record's result as the outcome of a put.</summary>
    public static PutOutcome OutcomeOf(in RecordResult result)
    {
        var attempts = result.Attempts;
        return new PutOutcome(
            result.IsSuccess && result.Status != RecordStatus.Persisted, result.ShardId, result.SequenceNumber, result.ErrorCode, result.ErrorMessage,
            attempts.Count > 0 ? attempts[^1].EndedAt : null, result.Status == RecordStatus.Persisted,
            // The end of its time-to-live is an attempt too.
            IsDenied: !result.IsSuccess && attempts.LastOrDefault(static a => a.ErrorCode != RecordErrorCodes.Expired).ErrorCode == "AccessDeniedException");
    }

    private async Task EndAsync(PutBatch batch, EnqueuedBatch enqueued)
    {
        await enqueued.Delivery.ConfigureAwait(false);
        if (isWhole && AreDelivered(enqueued.Results))
        {
            batch.SetDelivered(enqueued);
            return;
        }

        using (enqueued)
        {
            for (var i = 0; i < batch.Count; i++)
                batch.Outcomes[i] = OutcomeOf(enqueued.Results[i]);
        }
    }

    private static bool AreDelivered(ReadOnlySpan<RecordResult> results)
    {
        foreach (ref readonly var result in results)
        {
            if (result.Status != RecordStatus.Delivered)
                return false;
        }

        return true;
    }
}
