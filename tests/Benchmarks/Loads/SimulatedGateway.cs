using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>A Kinesis without a network: takes everything at once, or while <see cref="IsDown"/> refuses every connection.</summary>
internal sealed class SimulatedGateway(TimeProvider time) : IKinesisGateway
{
    private readonly ConcurrentDictionary<string, ShardMap> _maps = new();
    private long _sequence;

    public volatile bool IsDown;

    public async ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
    {
        // Answers come on another thread than questions, as they do from a socket.
        await Task.Yield();
        ThrowIfDown();
        var map = MapOf(stream);
        var answers = new PutRecordsReplyEntry[entries.Length];
        for (var i = 0; i < answers.Length; i++)
            answers[i] = Take(map, entries.Span[i]);
        return new PutRecordsReply(answers);
    }

    public async ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken)
    {
        await Task.Yield();
        ThrowIfDown();
        return Take(MapOf(stream), entry);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        var map = MapOf(stream);
        return new([.. Enumerable.Range(0, map.Count).Select(i => map[i])]);
    }

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) => new([]);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        new(new StreamSummary($"arn:aws:kinesis:us-east-1:000000000000:stream/{stream.Stream}", "ACTIVE", time.GetUtcNow(), 1024, false));

    private ShardMap MapOf(StreamTarget stream) => _maps.GetOrAdd(stream.Stream, BenchStream.MapOf);

    private PutRecordsReplyEntry Take(ShardMap map, in PutRecordsEntry entry) =>
        new(map[map.Find(entry.ExplicitHashKey)].ShardId, Interlocked.Increment(ref _sequence).ToString("D56"), null, null);

    private void ThrowIfDown()
    {
        if (IsDown)
            throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "simulated outage");
    }
}
