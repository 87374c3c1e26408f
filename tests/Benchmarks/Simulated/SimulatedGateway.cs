using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>A Kinesis without a network: takes everything at once, or while <see cref="IsDown"/> refuses every connection.</summary>
internal sealed class SimulatedGateway(TimeProvider time) : IKinesisGateway
{
    private long _sequence;

    public volatile bool IsDown;

    public async ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        // Answers come on another thread than questions, as they do from a socket.
        await Task.Yield();
        ThrowIfDown();
        var shards = ShardRanges.OfStream(stream.Stream);
        var answers = new PutRecordsReplyEntry[entries.Length];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = Take(shards, entries.Span[i]);
        return new PutRecordsReply(answers);
    }

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken)
    {
        await Task.Yield();
        ThrowIfDown();
        return Take(ShardRanges.OfStream(stream.Stream), entry);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var shards = ShardRanges.OfStream(stream.Stream);
        return new([.. Enumerable.Range(0, shards.Count).Select(i => new ShardRange(ShardRanges.Id(i), shards.Start(i), shards.End(i)))]);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) => new([]);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        new(new StreamSummary($"arn:aws:kinesis:us-east-1:000000000000:stream/{stream.Stream}", "ACTIVE", time.GetUtcNow(), 1024, false));

    private PutRecordsReplyEntry Take(ShardRanges shards, in PutRecordsEntry entry) =>
        new(shards.IdText(shards.Find(entry.ExplicitHashKey)), Interlocked.Increment(ref _sequence).ToString("D56"), null, null);

    private void ThrowIfDown()
    {
        if (IsDown)
            throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "simulated outage");
    }
}
