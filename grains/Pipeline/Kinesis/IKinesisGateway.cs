namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>
/// How the pipeline puts Kinesis records, and reads what it must know of a stream. A gateway tries again only what cannot have left records: a signature or
/// a format that was refused, a host whose name does not resolve. What else is retried, and when, the pipeline decides. Every failure of a whole call is a
/// <see cref="KinesisException"/>.
/// </summary>
internal interface IKinesisGateway
{
    /// <summary>In how many calls of one size so many bytes are best sent: more than one where bodies are hashed side by side.</summary>
    /// <param name="mayBegin">How many calls may begin now.</param>
    int PartsOf(long bytes, int mayBegin) => 1;

    /// <summary>Since when other processes make the calls of a stream; null where they do not.</summary>
    DateTimeOffset? RelayedSince(string stream) => null;

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
internal readonly record struct PutRecordsReplyEntry(string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage)
{
    /// <summary>Why a shard did not take the record; null where one did, and the answer says which. Kinesis itself always says one or the other.</summary>
    public string? Refusal => ErrorCode ?? (SequenceNumber is null || ShardId is null ? RecordErrorCodes.InvalidAnswer : null);
}

/// <summary>The part of DescribeStreamSummary's answer that the pipeline uses.</summary>
/// <param name="Status">CREATING, ACTIVE, UPDATING or DELETING.</param>
/// <param name="CreationTime">With the ARN, the stream's identity: a re-created stream is another stream.</param>
/// <param name="MaxRecordSizeInKiB">The largest record the stream takes; 1,024 where the service does not say.</param>
/// <param name="OnDemand">Whether the service reshards the stream by itself.</param>
/// <param name="WarmMiBPerSecond">The warm throughput that the stream has or is scaled to; null where the service tells none.</param>
internal sealed record StreamSummary(
    string StreamArn, string Status, DateTimeOffset CreationTime, int MaxRecordSizeInKiB, bool OnDemand, int? WarmMiBPerSecond = null,
    int? RetentionHours = null);

/// <summary>One shard and the hash keys that it owns, first and last included. None of it changes as long as the shard lives.</summary>
/// <param name="ShardId">Its id, which the first shards of every stream share: <c>shardId-000000000000</c> and so on.</param>
/// <param name="EndingHashKey">The last hash key.</param>
/// <param name="StartingSequenceNumber">The first sequence number it could give out; null where it is not known.</param>
internal sealed record ShardRange(string ShardId, UInt128 StartingHashKey, UInt128 EndingHashKey, string? StartingSequenceNumber = null)
{
    /// <summary>
    /// Returns the id that this range has where the given one is equal, else the given one. Answers bring strings of their own; whoever looks up one and the
    /// same string again and again, as metrics do, then need not compare what it says.
    /// </summary>
    public string OwnId(string shardId) => shardId == ShardId ? ShardId : shardId;

    public bool Contains(UInt128 hashKey) => hashKey >= StartingHashKey && hashKey <= EndingHashKey;

    /// <summary>Whether all hash keys between the two belong to this shard.</summary>
    public bool Contains(UInt128 lowest, UInt128 highest) => lowest >= StartingHashKey && highest <= EndingHashKey;
}

/// <summary>How a whole call failed, as far as that decides what is done next.</summary>
internal enum KinesisFailureKind
{
    /// <summary>Kinesis answered with an error.</summary>
    Refused,

    /// <summary>Nothing was sent: no connection, no name, no credentials.</summary>
    NotSent,

    /// <summary>The request, or part of it, was sent, and no complete answer arrived: it may have been applied.</summary>
    Ambiguous,
}

/// <summary>The failure of a whole call.</summary>
internal sealed class KinesisException(KinesisFailureKind kind, string code, string message, int httpStatus = 0, Exception? inner = null)
    : Exception(message, inner)
{
    public KinesisFailureKind Kind => kind;

    /// <summary>Kinesis' error code without its prefix, or one of <see cref="RecordErrorCodes"/>.</summary>
    public string Code => code;

    /// <summary>The status of the answer; 0 where there was none.</summary>
    public int HttpStatus => httpStatus;
}

/// <summary>The stream that a call is for, and how to call it.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="RoleArn">The role to assume for it, or null.</param>
/// <param name="RequestTimeout">How long the whole call may take.</param>
/// <param name="IsOrdered">Whether the stream's records keep their order.</param>
/// <param name="WireFormat">The dialect in which its records are written.</param>
internal sealed record StreamTarget(
    string Stream, string? RoleArn, TimeSpan RequestTimeout, bool IsOrdered = false, WireFormat WireFormat = WireFormat.Json)
{
    /// <summary>The external id that the role's owner asks of others who assume it, or null.</summary>
    public string? RoleExternalId { get; init; }

    /// <summary>The name of the role's session, or null.</summary>
    public string? RoleSessionName { get; init; }

    /// <summary>Gives the stream's own credentials; null for the process'.</summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; init; }
}
