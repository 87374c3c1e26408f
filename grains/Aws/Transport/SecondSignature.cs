using System.Collections.Frozen;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>Whether a call whose signature was refused is worth a second one.</summary>
internal static class SecondSignature
{
    /// <summary>Corrects the clock if it was off, else fetches new credentials; false if neither changed anything.</summary>
    /// <param name="clock">What the request was signed with.</param>
    /// <param name="source">Where its credentials came from.</param>
    /// <param name="refused">Its credentials.</param>
    /// <param name="signedAt">The time of its signature.</param>
    /// <param name="serverTime">The time that the answer told; null where it told none.</param>
    /// <param name="cancellationToken">Ends the wait for new credentials.</param>
    public static async ValueTask<bool> CanBeBetterAsync(
        ServerClock clock, ICredentialSource source, SigningCredentials refused, DateTimeOffset signedAt, DateTimeOffset? serverTime,
        CancellationToken cancellationToken)
    {
        if (serverTime is { } date && clock.TryLearn(date, signedAt))
            return true;
        source.Refuse(refused);
        try
        {
            var fresh = await source.GetAsync(cancellationToken).ConfigureAwait(false);
            return !fresh.SameAs(refused);
        }
        catch (KinesisException)
        {
            // The error that the service returned is the better explanation.
            return false;
        }
    }
}

/// <summary>The error codes by which Kinesis refuses a signature, its time or its credentials.</summary>
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
