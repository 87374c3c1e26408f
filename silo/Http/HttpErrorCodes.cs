namespace Orleans.Kpl.Http;

/// <summary>The error codes that the HTTP endpoints define, in addition to <see cref="RecordErrorCodes"/>.</summary>
public static class HttpErrorCodes
{
    /// <summary>400, or a failed line of NDJSON: the text is not JSON, or not the expected object or array.</summary>
    public const string MalformedJson = "MalformedJson";

    /// <summary>400, or a failed record: the object has no <c>payload</c>, or no <c>data</c> where that carries it.</summary>
    public const string MissingPayload = "MissingPayload";

    /// <summary>400: <c>ack</c> is not one of accepted, persisted, delivered.</summary>
    public const string InvalidAck = "InvalidAck";

    /// <summary>400: <c>key</c> is no JSON pointer, <c>header:NAME</c>, <c>text:TEXT</c> or <c>random</c>, or the request has no key there.</summary>
    public const string InvalidKey = "InvalidKey";

    /// <summary>
    /// 400, or a failed record: the body, its framing or its compression could not be read, or a parameter of the query is not known. Or a member or header
    /// of the record is misspelt, or its <c>data</c> is no base64. Or a member of the body of administration is misspelt, missing or of another kind.
    /// </summary>
    public const string BadRequest = "BadRequest";

    /// <summary>400: a hundred records are invalid, so none was taken; of streamed lines, only those that have a result were.</summary>
    public const string TooManyErrors = "TooManyErrors";

    /// <summary>401: the caller sent no credential, or one that is unknown or has expired.</summary>
    public const string NotAuthenticated = "NotAuthenticated";

    /// <summary>403: the caller may not do this, or not with this path, host or stream, or the request comes from a page of another site.</summary>
    public const string Forbidden = "Forbidden";

    /// <summary>404: nothing is served at this path.</summary>
    public const string NotFound = "NotFound";

    /// <summary>405: this path is served for other methods.</summary>
    public const string MethodNotAllowed = "MethodNotAllowed";

    /// <summary>408: the body did not come in time.</summary>
    public const string SlowBody = "SlowBody";

    /// <summary>413: the body, or the number of its records, is over the limit.</summary>
    public const string RequestTooLarge = "RequestTooLarge";

    /// <summary>415: the body has a type, character set or encoding that is not accepted here.</summary>
    public const string UnsupportedMediaType = "UnsupportedMediaType";

    /// <summary>429: there is no room for the request now. Nothing of it was taken; send it again after <c>Retry-After</c>.</summary>
    public const string TooManyRequests = "TooManyRequests";

    /// <summary>429: too many requests from this address had no valid credential; send it again after <c>Retry-After</c>, with a valid one.</summary>
    public const string TooManyFailures = "TooManyFailures";

    /// <summary>429: a quota of the caller is used up; nothing of the request was taken, and <c>Retry-After</c> says when to try again.</summary>
    public const string QuotaReached = "QuotaReached";

    /// <summary>500: a defect; the log has the exception.</summary>
    public const string InternalFailure = "InternalFailure";

    /// <summary>503: this process is shutting down and accepts no more records; send them elsewhere.</summary>
    public const string Draining = "Draining";

    /// <summary>
    /// 503: this process is not ready (<c>/health/ready</c>), its silo has not joined the cluster, or the keys of a token's issuer were never read. Send
    /// nothing here now; the message says why.
    /// </summary>
    public const string NotReady = "NotReady";
}
