using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Faults;

/// <summary>
/// A call fails as a whole: KMSThrottlingException, KMSDisabledException, KMSInvalidStateException, KMSAccessDeniedException,
/// KMSNotFoundException, KMSOptInRequired, AccessDeniedException, ExpiredTokenException, UnrecognizedClientException,
/// InvalidSignatureException, LimitExceededException, InternalFailure, ServiceUnavailable or any other type.
/// </summary>
public sealed record ErrorFault : Fault
{
    /// <summary>The error's type. Default: InternalFailure.</summary>
    public string Type { get; init; } = "InternalFailure";

    /// <summary>Its message. Default: null, one that names the type.</summary>
    public string? Message { get; init; }

    /// <summary>Its HTTP status. Default: null, 500 for InternalFailure, 503 for ServiceUnavailable, else 400.</summary>
    public int? Status { get; init; }

    internal override Task BeforeAsync(FaultedCall call) => throw new KinesisException(
        Type, Message ?? $"{Type} was asked for.",
        Status ?? Type switch { "InternalFailure" => 500, "ServiceUnavailable" => 503, _ => 400 });

    internal override IEnumerable<string> Check()
    {
        if (string.IsNullOrEmpty(Type)) yield return "type must be set";
        if (Status is < 400 or > 599) yield return "status must be 400 to 599";
    }
}

/// <summary>A proxy answers in HTML in the service's place; nothing is applied.</summary>
public sealed record HtmlErrorFault : Fault
{
    /// <summary>The status. Default: 503.</summary>
    public int Status { get; init; } = 503;

    internal override Task BeforeAsync(FaultedCall call) => call.AnswerAsync(Status, "text/html",
        $"<html><head><title>{Status}</title></head><body><h1>{Status} Service Temporarily Unavailable</h1></body></html>");

    internal override IEnumerable<string> Check() => Status is >= 400 and <= 599 ? [] : ["status must be 400 to 599"];
}

/// <summary>
/// A subscription of SubscribeToShard ends with an error among its events: InternalFailureException, KMSThrottlingException,
/// ResourceNotFoundException or any other type. Other calls go on as if it were not there.
/// </summary>
public sealed record SubscriptionErrorFault : Fault
{
    /// <summary>The error's type; not empty. Default: InternalFailureException.</summary>
    public string Type { get; init; } = "InternalFailureException";

    /// <summary>Its message. Default: null, one that names the type.</summary>
    public string? Message { get; init; }

    /// <summary>How many events of the subscription come before it, 0 or more; the initial response is none. Default: 0.</summary>
    public int AfterEvents { get; init; }

    internal override void Before(FaultedCall call) =>
        call.SubscriptionFailure = new(AfterEvents, new KinesisException(Type, Message ?? $"{Type} was asked for."));

    internal override IEnumerable<string> Check()
    {
        if (string.IsNullOrEmpty(Type)) yield return "type must be set";
        if (AfterEvents < 0) yield return "after_events must not be negative";
    }
}
