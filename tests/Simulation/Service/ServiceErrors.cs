using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>How the service, and the way to it, can fail a whole call, as data.</summary>
internal static class ServiceErrors
{
    /// <summary>Codes with which a call fails before anything is done.</summary>
    public static IReadOnlyList<string> OfCalls { get; } =
    [
        RecordErrorCodes.ConnectionFailed,
        RecordErrorCodes.CredentialsUnavailable,
        "HTTP 500",
        "ServiceUnavailable",
        "ThrottlingException",
        "KMSDisabledException",
        "KMSThrottlingException",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InternalFailure",
        "SomethingNewException",
    ];

    /// <summary>Codes with which one entry fails.</summary>
    public static IReadOnlyList<string> OfEntries { get; } = [RecordErrorCodes.Throttled, "InternalFailure", "KMSThrottlingException"];

    /// <summary>Creates the failure of a call.</summary>
    public static KinesisException OfCall(string code) => code is RecordErrorCodes.ConnectionFailed or RecordErrorCodes.CredentialsUnavailable
        ? new KinesisException(KinesisFailureKind.NotSent, code, "simulated")
        : new KinesisException(KinesisFailureKind.Refused, code, "simulated", code.StartsWith("HTTP", StringComparison.Ordinal) ? 500 : 400);
}
