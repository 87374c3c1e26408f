namespace Orleans.Kpl.Kinesis.Answering;

/// <summary>
/// The errors of a whole request, as Kinesis names them (AWS, Kinesis API reference and "Common errors"). Those of the service's own front end carry a
/// prefix, the others do not.
/// </summary>
internal static class FrontErrors
{
    /// <summary>The code of a put that found no room, a throttle or a quota.</summary>
    public const string Throughput = RecordErrorCodes.Throttled;

    /// <summary>The code of a put whose end is not known.</summary>
    public const string Internal = "InternalFailure";

    /// <summary>The message of an answer with <see cref="Internal"/>. The log has the reason.</summary>
    public const string InternalMessage = "Internal service failure.";

    private const string Coral = "com.amazon.coral.service#";

    public static FrontException Serialization(string message) => new(Coral + "SerializationException", message);

    public static FrontException NoBase64() => Serialization("The data of a record is not base64.");

    public static FrontException UnknownOperation(string message, int statusCode = StatusCodes.Status400BadRequest) =>
        new(Coral + "UnknownOperationException", message, statusCode);

    public static FrontException TooLarge() =>
        new(Coral + "RequestEntityTooLargeException", "The request is larger than it may be.", StatusCodes.Status413PayloadTooLarge);

    /// <summary>The error of a body that HTTP refuses. SDKs send one that was too slow again.</summary>
    public static FrontException OfBody(int statusCode, string message) => statusCode switch
    {
        StatusCodes.Status408RequestTimeout => new(Coral + "RequestTimeoutException", message, statusCode),
        StatusCodes.Status413PayloadTooLarge => TooLarge(),
        StatusCodes.Status429TooManyRequests => new(Throughput, message),
        _ => new(Coral + "SerializationException", message, statusCode),
    };

    public static FrontException Validation(IReadOnlyList<string> errors) => new(
        "com.amazon.coral.validate#ValidationException",
        $"{errors.Count} validation error{(errors.Count == 1 ? "" : "s")} detected: {string.Join("; ", errors)}");

    public static FrontException InvalidArgument(string message) => new("InvalidArgumentException", message);

    public static FrontException NotFound(string stream) => new(RecordErrorCodes.ResourceNotFound, $"Stream {stream} not found.");

    public static FrontException AccessDenied(string message) => new("AccessDeniedException", message);

    public static FrontException NoRoom(string stream) => new(Throughput, $"Rate exceeded for stream {stream}.");

    public static FrontException OverQuota() => new(Throughput, "Rate exceeded for the caller: one of its quotas is used up.");

    public static FrontException TooManyQuestions() =>
        new("LimitExceededException", "Too many descriptions were asked for that nobody asked for lately; try again later.");

    public static FrontException TooManyAnswers() =>
        new("LimitExceededException", "Too many answers to descriptions wait for their clients to read them; try again later.");

    public static FrontException TooManyAtOnce() =>
        new("LimitExceededException", "Too many requests of the caller are under way: its quota requests_in_flight is used up; try again later.");

    public static FrontException Failure() => new(Internal, InternalMessage, StatusCodes.Status500InternalServerError);

    public static FrontException Draining() =>
        new("ServiceUnavailableException", "This process is shutting down and takes no more records.", StatusCodes.Status503ServiceUnavailable);

    public static FrontException TooManyFailures(string message) => new("ThrottlingException", message, StatusCodes.Status429TooManyRequests);

    public static FrontException MissingToken() => new(Coral + "MissingAuthenticationTokenException", "Missing Authentication Token");

    public static FrontException IncompleteSignature(string message) => new(Coral + "IncompleteSignatureException", message);

    public static FrontException InvalidSignature(string message) => new(Coral + "InvalidSignatureException", message);

    public static FrontException UnrecognizedClient() => new(Coral + "UnrecognizedClientException", "The security token included in the request is invalid.");

    public static FrontException ExpiredToken() => new(Coral + "ExpiredTokenException", "The security token included in the request is expired");
}

/// <summary>Answers a whole request with an error, under the name that Kinesis has for it.</summary>
/// <param name="type">What <c>__type</c> says.</param>
internal sealed class FrontException(string type, string message, int statusCode = StatusCodes.Status400BadRequest) : Exception(message)
{
    public string Type { get; } = type;

    public int StatusCode { get; } = statusCode;
}
