using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>
/// The one way from the pipeline to Kinesis. A gateway retries nothing beyond refreshing credentials or its clock: what is
/// tried again, and when, is the pipeline's decision. Every failure of a whole call is a <see cref="KinesisException"/>.
/// </summary>
internal interface IKinesisGateway
{
    /// <summary>Sends up to 500 Kinesis records in one call; the reply has one entry for each, in order.</summary>
    /// <remarks>The entries' memory is read until the returned task completes, and not after.</remarks>
    ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken);

    /// <summary>Sends one Kinesis record, after the given sequence number in its shard where there is one.</summary>
    ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken);

    /// <summary>All pages of ListShards, open shards only (filter AT_LATEST).</summary>
    ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>The closed shards that still hold records (filter FROM_TRIM_HORIZON): for answers of shards that closed before any map showed them.</summary>
    ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>Status, record limit and creation time of a stream.</summary>
    ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken);
}
