using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>A Kinesis that takes its time for every call; those of one stream are never answered, and time out.</summary>
/// <param name="inner">Takes the records.</param>
/// <param name="roundTrip">How long a call takes.</param>
/// <param name="stuck">The stream whose calls are never answered; null for none.</param>
internal sealed class SlowGateway(SimulatedGateway inner, TimeSpan roundTrip, string? stuck) : IKinesisGateway
{
    private static readonly TimeSpan RequestTimeout = new KplOptions().RequestTimeout;

    public async ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        await WaitAsync(stream, cancellationToken);
        return await inner.PutRecordsAsync(stream, entries, cancellationToken);
    }

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken)
    {
        await WaitAsync(stream, cancellationToken);
        return await inner.PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        inner.ListShardsAsync(stream, cancellationToken);

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        inner.ListClosedShardsAsync(stream, cancellationToken);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        inner.DescribeStreamSummaryAsync(stream, cancellationToken);

    private async Task WaitAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        await Task.Delay(stream.Stream == stuck ? RequestTimeout : roundTrip, cancellationToken);
        if (stream.Stream == stuck)
            throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionFailed, "simulated: no answer");
    }
}
