namespace Orleans.Kpl.Cli.Batches;

/// <summary>How one record of a batch ended.</summary>
/// <param name="Delivered">Whether Kinesis has it.</param>
/// <param name="ShardId">The shard that took it; null unless delivered and asked for.</param>
/// <param name="SequenceNumber">Its sequence number; null unless delivered and asked for.</param>
/// <param name="ErrorCode">Why it failed.</param>
/// <param name="ErrorMessage">Why it failed, for people.</param>
/// <param name="EndedAt">When its last attempt ended; null where nobody says.</param>
/// <param name="Persisted">Whether the backlog has it, and it is delivered from there.</param>
internal readonly record struct PutOutcome(
    bool Delivered, string? ShardId, string? SequenceNumber, string? ErrorCode, string? ErrorMessage, DateTimeOffset? EndedAt, bool Persisted = false)
{
    public static PutOutcome Failure(string code, string? message) => new(false, null, null, code, message, null);
}
