namespace Orleans.Kpl;

/// <summary>
/// The error codes that this library defines, including those of the transport such as <see cref="ConnectionFailed"/>. Other codes in results and attempts
/// are Kinesis' own, such as <c>LimitExceededException</c>, <c>HTTP</c> and the status of an answer that is not Kinesis', or the name of a .NET exception
/// (docs/errors.md).
/// </summary>
public static class RecordErrorCodes
{
    /// <summary>The attempt was not made: the silo could not renew its lease, so another silo might own the ordered shard.</summary>
    public const string LeaseLost = "LeaseLost";

    /// <summary>The silo that owned the record's shard was lost before it reported the outcome: the record may or may not be in Kinesis.</summary>
    public const string OwnerLost = "OwnerLost";

    /// <summary>The record's time-to-live passed before it was delivered (KPL <c>retrier.cc</c>).</summary>
    public const string Expired = "Expired";

    /// <summary>A Kinesis record reached a shard whose consumers would drop it, and was sent again (KPL <c>retrier.cc</c>).</summary>
    public const string WrongShard = "Wrong Shard";

    /// <summary>The number of records in Kinesis' answer differs from the number sent (KPL <c>retrier.cc</c>): Kinesis may or may not have them.</summary>
    public const string RecordCountMismatch = "Record Count Mismatch";

    /// <summary>Not one attempt but all those between the first and the latest ones, which are kept; the message begins with their number.</summary>
    public const string LeftOut = "LeftOut";

    /// <summary>The memory limit was reached, or the shard was full, and the high-water mode is Drop; the record was never accepted.</summary>
    public const string Dropped = "Dropped";

    /// <summary>The caller stopped waiting for memory after part of its batch was accepted; this record was never accepted.</summary>
    public const string Canceled = "Canceled";

    /// <summary>
    /// The caller asked for <c>Persisted</c>, but the durable backlog has no space (the store's, or <c>BacklogMaxBytes</c>), and the
    /// record was not delivered in time. A call without an answer may have delivered it.
    /// </summary>
    public const string BacklogFull = "BacklogFull";

    /// <summary>
    /// The producer was disposed, and the record was not delivered within its drain limit. Its outcome is unknown if a call, or a write to the backlog, was
    /// under way.
    /// </summary>
    public const string Shutdown = "Shutdown";

    /// <summary>The stream does not exist (Kinesis' own code).</summary>
    public const string ResourceNotFound = "ResourceNotFoundException";

    /// <summary>
    /// Kinesis rejected the record because the shard's limit was exceeded (Kinesis' own code). Without attempts: the record was not accepted over HTTP or the
    /// Kinesis front, because its shard stayed full.
    /// </summary>
    public const string Throttled = "ProvisionedThroughputExceededException";

    /// <summary>No connection could be made: nothing was sent.</summary>
    public const string ConnectionFailed = "ConnectionFailed";

    /// <summary>No answer came within <c>RequestTimeout</c>: Kinesis may have the records.</summary>
    public const string RequestTimeout = "RequestTimeout";

    /// <summary>The connection ended before the answer was complete: Kinesis may have the records.</summary>
    public const string ConnectionLost = "ConnectionLost";

    /// <summary>The answer is not one that Kinesis gives, or tells nothing of the record: Kinesis may have it.</summary>
    public const string InvalidAnswer = "InvalidAnswer";

    /// <summary>There are no credentials to sign with: nothing was sent.</summary>
    public const string CredentialsUnavailable = "CredentialsUnavailable";

    /// <summary>Validation: the partition key is null, empty or longer than 256 UTF-16 code units.</summary>
    public const string InvalidPartitionKey = "InvalidPartitionKey";

    /// <summary>Validation: the explicit hash key is not a number from 0 to 2^128 − 1.</summary>
    public const string InvalidExplicitHashKey = "InvalidExplicitHashKey";

    /// <summary>Validation: key and data together are larger than the stream's record limit.</summary>
    public const string RecordTooLarge = "RecordTooLarge";

    /// <summary>Validation: the stream is neither a valid name nor a valid ARN.</summary>
    public const string InvalidStream = "InvalidStream";

    /// <summary>The requested feature is not in this version, or not available in this process, such as <c>Persisted</c> without a backlog.</summary>
    public const string NotSupported = "NotSupported";
}
