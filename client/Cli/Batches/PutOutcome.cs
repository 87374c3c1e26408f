namespace Orleans.Kpl.Cli.Batches;

/// <summary>The outcome of one record of a batch.</summary>
/// <param name="Delivered">Whether Kinesis has the record.</param>
/// <param name="ShardId">The shard that has the record; null unless it was delivered and the shard was requested.</param>
/// <param name="SequenceNumber">The record's sequence number; null unless it was delivered and the number was requested.</param>
/// <param name="ErrorCode">The error code of a failed record.</param>
/// <param name="ErrorMessage">The error message of a failed record, for people.</param>
/// <param name="EndedAt">When the record's last attempt completed; null if unknown.</param>
/// <param name="Persisted">Whether the backlog has the record and delivers it.</param>
/// <param name="NotTaken">Whether the tier did not take the record because its shard is full: it is sent again.</param>
internal readonly record struct PutOutcome(
    bool Delivered, string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage, DateTimeOffset? EndedAt, bool Persisted = false,
    bool NotTaken = false)
{
    public static PutOutcome Failure(string code, string? message) => new(false, null, null, code, message, null);
}
