namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>
/// The only way from the pipeline to Kinesis. A gateway retries nothing, except to refresh its credentials or clock: the pipeline decides
/// what is retried, and when. Every failure of a whole call is a <see cref="KinesisException"/>.
/// </summary>
internal interface IKinesisGateway
{
    /// <summary>How many calls of one size are best made at once: more than one where their bodies are hashed side by side.</summary>
    int CallsTogether => 1;

    /// <summary>Sends up to 500 Kinesis records in one call; the reply has one entry for each, in order.</summary>
    /// <remarks>The entries' memory is read until the returned task completes, and not after.</remarks>
    ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken);

    /// <summary>Sends one Kinesis record. Where a sequence number is given, the record's number in its shard is above it.</summary>
    ValueTask<PutRecordsReplyEntry> PutRecordAsync(StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering,
        CancellationToken cancellationToken);

    /// <summary>Lists the open shards (ListShards, all pages, filter AT_LATEST).</summary>
    ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the closed shards that still hold records (filter FROM_TRIM_HORIZON), for answers of shards that closed before any map
    /// showed them.
    /// </summary>
    ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>Returns status, record limit and creation time of a stream.</summary>
    ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken);
}

/// <summary>One Kinesis record as PutRecords carries it. The hash key is always sent, as KPL does.</summary>
/// <param name="Data">The payload: an aggregate, or a user record's own bytes.</param>
/// <param name="PartitionKey">The partition key as UTF-8.</param>
/// <param name="ExplicitHashKey">The hash key, sent in decimal.</param>
internal readonly record struct PutRecordsEntry(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> PartitionKey, UInt128 ExplicitHashKey);

/// <summary>The answer to one PutRecords call.</summary>
/// <param name="Entries">One entry for each record sent, in order, as Kinesis answered; the pipeline checks the count.</param>
internal readonly record struct PutRecordsReply(IReadOnlyList<PutRecordsReplyEntry> Entries);

/// <summary>The answer for one Kinesis record: a shard and a sequence number, or an error.</summary>
internal readonly record struct PutRecordsReplyEntry(string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage);

/// <summary>The part of DescribeStreamSummary's answer that the pipeline uses.</summary>
/// <param name="Status">CREATING, ACTIVE, UPDATING or DELETING.</param>
/// <param name="CreationTime">With the ARN, the stream's identity: a re-created stream is another stream.</param>
/// <param name="MaxRecordSizeInKiB">The largest record the stream takes; 1,024 where the service does not say.</param>
/// <param name="OnDemand">Whether the service reshards the stream by itself.</param>
internal sealed record StreamSummary(string StreamArn, string Status, DateTimeOffset CreationTime, int MaxRecordSizeInKiB, bool OnDemand);
