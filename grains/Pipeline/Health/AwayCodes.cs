using System.Collections.Frozen;

namespace Orleans.Kpl.Pipeline.Health;

/// <summary>Which failures of a call mean that Kinesis is away, or refuses everything until somebody acts.</summary>
internal static class AwayCodes
{
    private const int LongestCode = 64;

    /// <summary>Failures that Kinesis answers with while it works: of the rate, of one record, of one stream's state.</summary>
    private static readonly FrozenSet<string> Working = FrozenSet.Create(
        StringComparer.Ordinal,
        RecordErrorCodes.Throttled, "LimitExceededException", "ThrottlingException", "KMSThrottlingException",
        "ResourceInUseException", RecordErrorCodes.ResourceNotFound, RecordErrorCodes.InvalidStream,
        "ValidationException", "SerializationException", "InvalidArgumentException", "RequestEntityTooLargeException", "HTTP 413",
        RecordErrorCodes.RecordCountMismatch, RecordErrorCodes.LeaseLost);

    /// <summary>Failures of the way to Kinesis, not of an operation: any other operation that succeeds proves that they are over.</summary>
    private static readonly FrozenSet<string> OfTheWay = FrozenSet.Create(
        StringComparer.Ordinal,
        RecordErrorCodes.ConnectionFailed, RecordErrorCodes.ConnectionLost, RecordErrorCodes.RequestTimeout, RecordErrorCodes.CredentialsUnavailable,
        "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException");

    public static bool IsAway(string code) => !Working.Contains(code);

    /// <summary>Whether the success of another operation proves that this failure is over.</summary>
    public static bool IsOfTheWay(string code) => OfTheWay.Contains(code);

    /// <summary>Returns the code if it has the form of one: what a proxy sends in its place is shown to nobody.</summary>
    public static string Shown(string code) =>
        code.Length is > 0 and <= LongestCode && code.All(static c => char.IsAsciiLetterOrDigit(c) || c == ' ') ? code : RecordErrorCodes.InvalidAnswer;
}
