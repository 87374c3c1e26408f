using System.Collections.Frozen;

namespace Orleans.Kpl.Aws.Signing;

/// <summary>The error codes by which Kinesis or STS refuses a signature, its time or its credentials.</summary>
internal static class SignatureErrors
{
    /// <summary>Codes after which newer credentials, or a better clock, may help.</summary>
    private static readonly FrozenSet<string> Correctable = FrozenSet.Create(
        StringComparer.Ordinal,
        "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
        "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture", "AuthFailure");

    /// <summary>Codes that say that the request itself is not signed as it must be.</summary>
    private static readonly FrozenSet<string> Others = FrozenSet.Create(
        StringComparer.Ordinal, "IncompleteSignatureException", "IncompleteSignature", "MissingAuthenticationTokenException", "MissingAuthenticationToken");

    public static bool IsCorrectable(string code) => Correctable.Contains(code);

    public static bool Contains(string code) => Correctable.Contains(code) || Others.Contains(code);
}
