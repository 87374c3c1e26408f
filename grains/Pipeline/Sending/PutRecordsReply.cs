namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>The answer to one PutRecords call.</summary>
/// <param name="Entries">One entry per record sent, in order, as Kinesis answered; the count is checked by the pipeline.</param>
internal readonly record struct PutRecordsReply(IReadOnlyList<PutRecordsReplyEntry> Entries);

/// <summary>What became of one Kinesis record: a shard and a sequence number, or an error.</summary>
internal readonly record struct PutRecordsReplyEntry(string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage);
