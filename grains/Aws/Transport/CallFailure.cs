using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>What a call without a whole answer means: whether Kinesis can have seen the request.</summary>
internal static class CallFailure
{
    /// <summary>The failure of a connection.</summary>
    /// <param name="exception">What the connection threw.</param>
    /// <param name="wasStarted">Whether any of the request's body was handed to it.</param>
    public static KinesisException FromConnection(Exception exception, bool wasStarted)
    {
        var detail = exception.InnerException is { } inner && exception is HttpRequestException ? $"{exception.Message} {inner.Message}" : exception.Message;
        return wasStarted
            ? new KinesisException(
                KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost, $"The connection ended before the answer was whole. {detail}", inner: exception)
            : new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, $"No connection could be made. {detail}", inner: exception);
    }

    /// <summary>The call took longer than it may.</summary>
    public static KinesisException FromTimeout(TimeSpan timeout, bool wasStarted) => wasStarted
        ? new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, $"No answer within {timeout.TotalMilliseconds:0} ms.")
        : new KinesisException(
            KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, $"Nothing could be sent within {timeout.TotalMilliseconds:0} ms.");

    /// <summary>An answer of 200 that cannot be understood.</summary>
    public static KinesisException FromAnswer(KinesisOperation operation, Answer answer, Exception exception) => new(
        KinesisFailureKind.Ambiguous,
        RecordErrorCodes.InvalidAnswer,
        $"The answer to {operation.Name} ({answer.Body.Length} bytes of {answer.MediaType ?? "no type"}) cannot be read: {exception.Message}",
        (int)answer.Status,
        exception);

    /// <summary>Whether the host's name did not resolve, so that another host may be tried.</summary>
    public static bool IsNameResolution(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError };
}
