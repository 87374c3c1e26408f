using System.Security.Authentication;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>Decides whether Kinesis may have seen the request of a call that got no whole answer.</summary>
internal static class CallFailure
{
    /// <summary>Makes the exception for a failed connection.</summary>
    /// <param name="wasStarted">Whether any of the request's body was handed to the connection.</param>
    public static KinesisException FromConnection(Exception exception, bool wasStarted)
    {
        var detail = Describe(exception);
        return wasStarted
            ? new KinesisException(
                KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionLost, $"The connection ended before the answer was whole. {detail}", inner: exception)
            : new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, $"No connection could be made. {detail}", inner: exception);
    }

    /// <summary>
    /// Says why a connection failed. The inner exception is told too, unless its words are in the outer one's already; alone, where a connection was not
    /// made in time: .NET calls that a cancellation.
    /// </summary>
    public static string Describe(Exception exception) =>
        IsWithoutTls(exception) ? "What answers there speaks no TLS; its address begins with http:// and not with https://."
        : exception is HttpRequestException { InnerException: { } inner } && !exception.Message.Contains(inner.Message.TrimEnd('.'), StringComparison.Ordinal)
            ? $"{exception.Message.TrimEnd('.').Replace(", see inner exception", "", StringComparison.Ordinal)}: {inner.Message}"
        : exception is OperationCanceledException { InnerException: TimeoutException late } ? late.Message : exception.Message;

    /// <summary>Whether TLS was spoken to something that knows none.</summary>
    public static bool IsWithoutTls(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException broken }
        && broken.Message.Contains("corrupted frame", StringComparison.Ordinal);

    /// <summary>Makes the exception for a call that exceeded its time limit.</summary>
    public static KinesisException FromTimeout(TimeSpan timeout, bool wasStarted) => wasStarted
        ? new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, $"No answer within {timeout.TotalMilliseconds:0} ms.")
        : new KinesisException(
            KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, $"Nothing could be sent within {timeout.TotalMilliseconds:0} ms.");

    /// <summary>Makes the exception for credentials that did not come within a call's time limit: the network has nothing to do with it.</summary>
    public static KinesisException FromCredentials(TimeSpan timeout, string description) => new(
        KinesisFailureKind.NotSent, RecordErrorCodes.CredentialsUnavailable, $"No credentials from {description} within {timeout.TotalMilliseconds:0} ms.");

    /// <summary>Makes the exception for an answer of 200 that cannot be understood.</summary>
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
