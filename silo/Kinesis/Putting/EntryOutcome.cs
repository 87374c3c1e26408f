namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>
/// Translates the outcome of a record to what PutRecord and PutRecords answer. It never guesses: what may be in Kinesis is an internal failure.
/// </summary>
internal static class EntryOutcome
{
    /// <summary>The sequence number of a persisted record, which has none yet.</summary>
    public const string NoSequenceNumber = "0";

    /// <summary>The shard of a persisted record, which has none yet.</summary>
    public const string NoShard = "shardId-000000000000";

    /// <summary>Returns the error code of a record: one of the two that Kinesis has for records.</summary>
    public static string CodeOf(in RecordResult result) => IsThrottled(result) ? FrontErrors.Throughput : FrontErrors.Internal;

    /// <summary>
    /// Returns the error of the whole request where Kinesis would have refused it whole; null where the records' own outcomes are the answer.
    /// </summary>
    /// <param name="results">The outcomes; none of the records was taken.</param>
    public static FrontException? OfRequest(ReadOnlySpan<RecordResult> results, string stream)
    {
        var code = results[0].ErrorCode;
        foreach (var result in results)
        {
            if (result.Status != RecordStatus.Failed || result.ErrorCode != code)
                return null;
        }

        var message = results[0].ErrorMessage ?? "";
        return code switch
        {
            RecordErrorCodes.ResourceNotFound => FrontErrors.NotFound(stream),
            RecordErrorCodes.Shutdown when results[0].AttemptCount == 0 => FrontErrors.Draining(),
            RecordErrorCodes.InvalidPartitionKey or RecordErrorCodes.InvalidExplicitHashKey => FrontErrors.Validation([message]),
            RecordErrorCodes.RecordTooLarge or RecordErrorCodes.InvalidStream => FrontErrors.InvalidArgument(message),
            // AWS' own messages name accounts and roles of the tier.
            "AccessDeniedException" => FrontErrors.AccessDenied($"The tier has no right to put records into stream {stream}."),
            "InvalidArgumentException" or "ValidationException" => FrontErrors.InvalidArgument($"Kinesis refused the records for stream {stream}."),
            "ResourceInUseException" or "LimitExceededException" => new FrontException(code, $"Stream {stream} takes no records now."),
            { } kms when kms.StartsWith("KMS", StringComparison.Ordinal) => new FrontException(kms, $"The key of stream {stream} cannot be used."),
            _ => null,
        };
    }

    /// <summary>Returns the answer to a PutRecord whose record was not taken.</summary>
    public static FrontException OfSingle(in RecordResult result, string stream) =>
        OfRequest([result], stream) ?? (CodeOf(result) == FrontErrors.Throughput ? FrontErrors.NoRoom(stream) : FrontErrors.Failure());

    /// <summary>Whether the record failed only because there was no room for it: Kinesis does not have it, as after a throttle.</summary>
    private static bool IsThrottled(in RecordResult result) =>
        result is
        {
            Status: RecordStatus.Failed,
            ErrorCode: RecordErrorCodes.Throttled or RecordErrorCodes.Dropped or RecordErrorCodes.Canceled or RecordErrorCodes.BacklogFull
                or RecordErrorCodes.Expired,
        }
        && result.Attempts.All(static a => a.ErrorCode is RecordErrorCodes.Expired or RecordErrorCodes.Throttled);
}
