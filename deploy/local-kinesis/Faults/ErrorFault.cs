using Orleans.Kpl.LocalKinesis.Faults.Switchboard;
using Orleans.Kpl.LocalKinesis.Wire;

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
        foreach (var error in base.Check()) yield return error;
        if (string.IsNullOrEmpty(Type)) yield return "type must be set";
        if (Status is < 400 or > 599) yield return "status must be 400 to 599";
    }
}
