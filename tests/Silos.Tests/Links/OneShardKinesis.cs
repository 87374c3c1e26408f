using System.Globalization;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Tests.Links;

/// <summary>A stream of one shard that takes everything.</summary>
internal sealed class OneShardKinesis : IKinesisGateway
{
    public const string Shard = "shardId-000000000000";

    private long _sequence;

    /// <summary>Kinesis records that were put.</summary>
    public long Entries => Interlocked.Read(ref _sequence);

    /// <summary>What the next question for the stream's summary throws, at once, instead of an answer.</summary>
    public KinesisException? NextFailure { get; set; }

    /// <summary>What a question for a stream's summary throws instead of an answer; null for nothing.</summary>
    public Func<StreamTarget, KinesisException?> Failing { get; set; } = static _ => null;

    /// <summary>The shard that is listed.</summary>
    public string Listed { get; set; } = Shard;

    /// <summary>The account of its streams.</summary>
    public string Account { get; set; } = "000000000000";

    public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken) =>
        new(new PutRecordsReply([.. Enumerable.Range(0, entries.Length).Select(_ => Next())]));

    public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
        StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) => new(Next());

    public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
        new([new ShardRange(Listed, 0, UInt128.MaxValue)]);

    public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) => new([]);

    public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken)
    {
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }

        if (Failing(stream) is { } thrown)
            throw thrown;
        return new(new StreamSummary($"arn:aws:kinesis:us-east-1:{Account}:stream/{stream.Stream}", "ACTIVE", DateTimeOffset.UnixEpoch, 1024, false));
    }

    private PutRecordsReplyEntry Next() => new(Shard, Interlocked.Increment(ref _sequence).ToString(CultureInfo.InvariantCulture), null, null);
}
