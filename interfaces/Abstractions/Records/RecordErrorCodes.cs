namespace Orleans.Kpl;

/// <summary>
/// The error codes that this library makes itself. All other codes in results and attempts are Kinesis' own,
/// such as <c>ProvisionedThroughputExceededException</c>, or <see cref="ConnectionFailed"/> and its like for the transport.
/// </summary>
public static class RecordErrorCodes
{
    /// <summary>A try that was not made: the silo could not renew its lease, so that another one might own the ordered shard.</summary>
    public const string LeaseLost = "LeaseLost";

    /// <summary>The silo that owned the record's shard was lost before it told the record's end: Kinesis may have it or not.</summary>
    public const string OwnerLost = "OwnerLost";

    /// <summary>The record's time-to-live ended before it was delivered (KPL <c>retrier.cc</c>).</summary>
    public const string Expired = "Expired";

    /// <summary>A Kinesis record landed in a shard whose consumers would drop it, and was sent again (KPL <c>retrier.cc</c>).</summary>
    public const string WrongShard = "Wrong Shard";

    /// <summary>Kinesis answered with another number of records than were sent (KPL <c>retrier.cc</c>).</summary>
    public const string RecordCountMismatch = "Record Count Mismatch";

    /// <summary>There was no room and the high-water mode is Drop; the record was never accepted.</summary>
    public const string Dropped = "Dropped";

    /// <summary>The caller stopped waiting for room while part of its batch was accepted; this record was never accepted.</summary>
    public const string Canceled = "Canceled";

    /// <summary>
    /// The caller asked for <c>Persisted</c>, the durable backlog has no space (the store's, or <c>BacklogMaxBytes</c>), and the record was not
    /// delivered either.
    /// </summary>
    public const string BacklogFull = "BacklogFull";

    /// <summary>The producer was disposed, its drain limit passed, and the record was not delivered by then.</summary>
    public const string Shutdown = "Shutdown";

    /// <summary>The stream does not exist (Kinesis' own code).</summary>
    public const string ResourceNotFound = "ResourceNotFoundException";

    /// <summary>Kinesis refused because the shard's limit was exceeded (Kinesis' own code).</summary>
    public const string Throttled = "ProvisionedThroughputExceededException";

    /// <summary>No connection could be made: nothing was sent.</summary>
    public const string ConnectionFailed = "ConnectionFailed";

    /// <summary>No answer within <c>RequestTimeout</c>: the records may have been applied.</summary>
    public const string RequestTimeout = "RequestTimeout";

    /// <summary>The connection ended before the answer was whole: the records may have been applied.</summary>
    public const string ConnectionLost = "ConnectionLost";

    /// <summary>An answer came that is none of Kinesis': the records may have been applied.</summary>
    public const string InvalidAnswer = "InvalidAnswer";

    /// <summary>There are no credentials to sign with: nothing was sent.</summary>
    public const string CredentialsUnavailable = "CredentialsUnavailable";

    /// <summary>Validation: the partition key is null, empty or longer than 256 UTF-16 code units.</summary>
    public const string InvalidPartitionKey = "InvalidPartitionKey";

    /// <summary>Validation: the explicit hash key is no number from 0 to 2^128 − 1.</summary>
    public const string InvalidExplicitHashKey = "InvalidExplicitHashKey";

    /// <summary>Validation: key and data together are larger than the stream's record limit.</summary>
    public const string RecordTooLarge = "RecordTooLarge";

    /// <summary>Validation: the stream is no name and no ARN that Kinesis could have.</summary>
    public const string InvalidStream = "InvalidStream";

    /// <summary>What was asked for is not built into this version.</summary>
    public const string NotSupported = "NotSupported";
}
