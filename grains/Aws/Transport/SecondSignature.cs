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
        return await source.ReplaceAsync(refused, cancellationToken).ConfigureAwait(false) is not null;
    }
}
