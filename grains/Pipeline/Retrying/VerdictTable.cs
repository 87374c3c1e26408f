using System.Collections.Frozen;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>What is done about each error code of Kinesis and of the network path to it. docs/verdicts.md has the same table in words.</summary>
internal static class VerdictTable
{
    /// <summary>The rows of the table. A code without a row is treated as <see cref="Other"/>.</summary>
    public static IReadOnlyList<VerdictRow> Rows { get; } =
    [
        // The only two codes that PutRecords documents for one entry. An InternalFailure may have been applied.
        new(RecordErrorCodes.Throttled, VerdictKind.Retry, VerdictKind.Retry),
        new("InternalFailure", VerdictKind.Retry, VerdictKind.Retry),

        // Transient: no action is needed.
        new("KMSThrottlingException", VerdictKind.Retry, VerdictKind.Retry),
        new("LimitExceededException", VerdictKind.Retry, VerdictKind.Retry),
        new("ThrottlingException", VerdictKind.Retry, VerdictKind.Retry),
        new("ResourceInUseException", VerdictKind.Retry, VerdictKind.Retry),
        new("ServiceUnavailable", VerdictKind.Retry, VerdictKind.Retry),
        new("HTTP 500", VerdictKind.Retry, VerdictKind.Retry),
        new("HTTP 502", VerdictKind.Retry, VerdictKind.Retry),
        new("HTTP 503", VerdictKind.Retry, VerdictKind.Retry),
        new("HTTP 504", VerdictKind.Retry, VerdictKind.Retry),
        new(RecordErrorCodes.ConnectionFailed, VerdictKind.Retry, VerdictKind.Retry),
        new(RecordErrorCodes.ConnectionLost, VerdictKind.Retry, VerdictKind.Retry),
        new(RecordErrorCodes.RequestTimeout, VerdictKind.Retry, VerdictKind.Retry),
        new(RecordErrorCodes.InvalidAnswer, VerdictKind.Retry, VerdictKind.Retry),

        // Persists until an operator corrects the key, the rights, the credentials or the clock.
        new("KMSDisabledException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("KMSInvalidStateException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("KMSAccessDeniedException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("KMSNotFoundException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("KMSOptInRequired", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("AccessDeniedException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("ExpiredTokenException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("UnrecognizedClientException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new("InvalidSignatureException", VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),
        new(RecordErrorCodes.CredentialsUnavailable, VerdictKind.RetrySlowly, VerdictKind.RetrySlowly, Blocks: true),

        // The shard map shows whether the stream is gone or being created.
        new(RecordErrorCodes.ResourceNotFound, VerdictKind.ConfirmStream, VerdictKind.ConfirmStream),

        // One record may make the whole call fail, or the call may be too large for something on the path. One entry has no halves.
        new("ValidationException", VerdictKind.Halve, VerdictKind.Fail),
        new("SerializationException", VerdictKind.Halve, VerdictKind.Fail),
        new("InvalidArgumentException", VerdictKind.Halve, VerdictKind.Fail),
        new("RequestEntityTooLargeException", VerdictKind.Halve, VerdictKind.Fail),
        new("HTTP 413", VerdictKind.Halve, VerdictKind.Fail),

        // Kinesis answered, so it may have taken all records of the call. The answer does not tell which, and another attempt would repeat them.
        new(RecordErrorCodes.RecordCountMismatch, VerdictKind.EndUnknown, VerdictKind.EndUnknown),

        // Another attempt would not change the answer.
        new(RecordErrorCodes.InvalidStream, VerdictKind.Fail, VerdictKind.Fail),
    ];

    private static readonly FrozenDictionary<string, VerdictRow> ByCode = Rows.ToFrozenDictionary(static r => r.Code, StringComparer.Ordinal);

    /// <summary>The row for unknown codes.</summary>
    public static VerdictRow Other { get; } = new("", VerdictKind.Retry, VerdictKind.Retry);

    public static VerdictRow Of(string code) => ByCode.GetValueOrDefault(code, Other);
}

/// <summary>What is done about one error code.</summary>
/// <param name="OfCall">Where it is the answer to a whole call.</param>
/// <param name="OfEntry">Where it is the answer to one entry of a call.</param>
/// <param name="Blocks">Whether no record gets through until an operator acts; operators are then notified.</param>
internal sealed record VerdictRow(string Code, VerdictKind OfCall, VerdictKind OfEntry, bool Blocks = false);
