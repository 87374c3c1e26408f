using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Checking;

/// <summary>The answer to one call of a check, whatever the operation.</summary>
/// <param name="Code">The error's code; empty after a success.</param>
/// <param name="Message">The error's message; empty after a success.</param>
internal readonly record struct CheckAnswer(CheckAnswerKind Kind, string Code, string Message)
{
    private const int LongestMessage = 400;

    public static readonly CheckAnswer Success = new(CheckAnswerKind.Success, "", "");

    /// <summary>Whether Kinesis itself answered, after it had accepted the signature.</summary>
    public bool IsAuthenticated => Kind is not (CheckAnswerKind.NotAsked or CheckAnswerKind.SignatureRefused or CheckAnswerKind.NoCredentials
        or CheckAnswerKind.Unreachable or CheckAnswerKind.Other);

    /// <summary>Whether what answered is not Kinesis: a proxy's page, or bytes that nobody can read.</summary>
    public bool IsForeign => Kind == CheckAnswerKind.Other
        && (Code.StartsWith("HTTP ", StringComparison.Ordinal) || Code == RecordErrorCodes.InvalidAnswer);

    public static CheckAnswer Of(KinesisException error)
    {
        var message = error.Message.Length > LongestMessage ? string.Concat(error.Message.AsSpan(0, LongestMessage), "…") : error.Message;
        return new(KindOf(error), error.Code, message.TrimEnd('.', ' '));
    }

    private static CheckAnswerKind KindOf(KinesisException error) => error.Code switch
    {
        RecordErrorCodes.CredentialsUnavailable => CheckAnswerKind.NoCredentials,
        RecordErrorCodes.ConnectionFailed or RecordErrorCodes.ConnectionLost or RecordErrorCodes.RequestTimeout => CheckAnswerKind.Unreachable,
        RecordErrorCodes.ResourceNotFound => CheckAnswerKind.StreamMissing,
        // Such as an ARN of another region: nothing was sent.
        RecordErrorCodes.InvalidStream => CheckAnswerKind.NotAsked,
        "AccessDeniedException" => CheckAnswerKind.Denied,
        "LimitExceededException" or "ThrottlingException" or "KMSThrottlingException" or RecordErrorCodes.Throttled => CheckAnswerKind.Throttled,
        "InvalidArgumentException" or "ValidationException" => CheckAnswerKind.ArgumentRefused,
        var code when SignatureErrors.Contains(code) => CheckAnswerKind.SignatureRefused,
        var code when code.StartsWith("KMS", StringComparison.Ordinal) => CheckAnswerKind.KeyRefused,
        _ => CheckAnswerKind.Other,
    };
}

/// <summary>The meaning of an answer for the question that a check asks.</summary>
internal enum CheckAnswerKind
{
    /// <summary>The call was not made.</summary>
    NotAsked,

    /// <summary>Kinesis did what was asked.</summary>
    Success,

    /// <summary>The right is missing.</summary>
    Denied,

    /// <summary>The signature, its key or its time was refused.</summary>
    SignatureRefused,

    /// <summary>There is nothing to sign with.</summary>
    NoCredentials,

    /// <summary>There is no such stream.</summary>
    StreamMissing,

    /// <summary>Too many calls.</summary>
    Throttled,

    /// <summary>The caller is allowed to ask, and asked for something impossible.</summary>
    ArgumentRefused,

    /// <summary>The key that encrypts the stream cannot be used.</summary>
    KeyRefused,

    /// <summary>No whole answer came.</summary>
    Unreachable,

    /// <summary>Any other answer.</summary>
    Other,
}
